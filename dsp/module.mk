$(eval $(call library,dsp,dsp,g711.c dtmf.c tone.c level.c player.c wav.c,lib,spandsp m))
$(eval $(call unit_test,dsp_dtmf_test,dsp))
$(eval $(call unit_test,dsp_sound_test,dsp))
$(eval $(call unit_test,dsp_wav_test,dsp))
