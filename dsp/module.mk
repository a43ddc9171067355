$(eval $(call library,dsp,dsp,g711.c dtmf.c tone.c level.c player.c wav.c caller_id.c call_tones.c,lib,spandsp m))
$(eval $(call unit_test,dsp_dtmf_test,dsp))
$(eval $(call unit_test,dsp_sound_test,dsp))
$(eval $(call unit_test,dsp_wav_test,dsp))
$(eval $(call unit_test,dsp_analog_test,dsp,,tests/unit/dsp_line.c))
$(eval $(call unit_test,dsp_gone_test,dsp,,tests/unit/dsp_line.c))
# Loops over samples, which the vectorizer of -O3 likes.
$(B)/obj/dsp/%.o: CFLAGS_ALL += -O3
