KEYSTORED_PURE := field.c issuers.c calls.c columns.c keyctl.c keyctl_backup.c keyctl_officers.c desk_hear.c desk_tell.c seal.c signer.c meters.c recipients.c strongbox.c
KEYSTORED_USES := keys audit crypto conf model ipc lib
$(eval $(call program,keystored,firmware/keystored,main.c desk.c $(KEYSTORED_PURE),confine $(KEYSTORED_USES),))
$(eval $(call unit_test,keystored_field_test,ipc lib,,firmware/keystored/field.c))
$(eval $(call unit_test,keystored_calls_test,$(KEYSTORED_USES),,$(KEYSTORED_PURE:%=firmware/keystored/%) tests/unit/keystored_keypad.c))
$(eval $(call unit_test,keystored_type_ahead_test,$(KEYSTORED_USES),,$(KEYSTORED_PURE:%=firmware/keystored/%) tests/unit/keystored_keypad.c))
$(eval $(call unit_test,keystored_signer_test,$(KEYSTORED_USES),,$(KEYSTORED_PURE:%=firmware/keystored/%)))
$(eval $(call unit_test,keystored_seal_test,crypto_open $(KEYSTORED_USES),libcrypto,$(KEYSTORED_PURE:%=firmware/keystored/%) tests/unit/pem_pair.c))
$(eval $(call unit_test,keystored_issuers_test,crypto_open $(KEYSTORED_USES),libcrypto,$(KEYSTORED_PURE:%=firmware/keystored/%)))
