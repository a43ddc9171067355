$(eval $(call library,keys,firmware/keys,custody.c key.c keyfile.c keyfile_text.c keyring.c keyring_life.c shares.c tr31.c token_openssl.c,crypto lib,))
$(eval $(call unit_test,tr31_test,keys crypto lib,))
$(eval $(call unit_test,keyring_test,keys crypto lib,))
$(eval $(call unit_test,custody_test,keys crypto lib,))
