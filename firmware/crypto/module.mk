$(eval $(call library,crypto,firmware/crypto,aes.c aes_gcm.c base64.c ed25519.c encdata.c hash.c scrypt.c sign.c jwe_key.c jwe_seal.c,lib,libcrypto))
# Opening a JWE stands apart: keystored seals and must not be able to open.
$(eval $(call library,crypto_open,firmware/crypto,jwe_open.c jwe_header.c,crypto lib,libcrypto))
$(eval $(call unit_test,encdata_test,crypto lib,))
$(eval $(call unit_test,crypto_test,crypto,libcrypto,tests/unit/hex_values.c))
$(eval $(call unit_test,crypto_jwe_test,crypto_open crypto,libcrypto,tests/unit/hex_values.c tests/unit/pem_pair.c))
