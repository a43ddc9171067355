KEYS_SOURCES := audit.c audit_file.c backup.c custody.c custody_again.c custody_ceremony.c dual.c dual_acts.c gateway_key.c key.c keyfile.c keyfile_text.c keyring.c keyring_backup.c keyring_life.c \
	keyring_people.c keyring_renew.c officers.c p11.c shares.c token.c token_openssl.c token_pkcs11.c token_pkcs11_make.c token_pkcs11_object.c tr31.c
$(eval $(call library,keys,firmware/keys,$(KEYS_SOURCES),audit crypto lib,p11-kit-1))
$(eval $(call unit_test,tr31_test,keys audit crypto lib,,tests/unit/hex_values.c))
$(eval $(call unit_test,keyring_test,keys audit crypto lib,,tests/unit/token_rig.c tests/unit/keyring_box.c))
$(eval $(call unit_test,keyring_use_test,keys audit crypto lib,,tests/unit/token_rig.c tests/unit/keyring_box.c))
$(eval $(call unit_test,gateway_key_test,keys audit crypto lib,))
$(eval $(call unit_test,custody_test,keys audit crypto lib,,tests/unit/token_rig.c))
$(eval $(call unit_test,token_pkcs11_test,keys audit crypto lib,p11-kit-1,tests/unit/token_rig.c))
$(eval $(call unit_test,backup_test,keys audit crypto lib,))
$(eval $(call unit_test,keyfile_crash_test,keys audit crypto lib,))
$(eval $(call unit_test,audit_test,keys audit crypto lib,))
$(eval $(call unit_test,audit_crash_test,keys audit crypto lib,))
$(eval $(call unit_test,dual_test,keys audit crypto lib,))
