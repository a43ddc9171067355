# All of trunkd but its main, its sockets and its threads' loop: what tests drive by hand.
TRUNKD_MEDIA := media.c media_span.c media_slot.c line_ear.c lateness.c meters.c
TRUNKD_SOUND := audio_file.c prompts.c speech_cache.c
TRUNKD_CALLS := call_machine.c calls.c calls_sound.c
$(eval $(call program,trunkd,firmware/trunkd,main.c control.c link.c links.c settings.c spans.c span_pri.c span_lines.c supervise.c history.c trace.c $(TRUNKD_MEDIA) $(TRUNKD_SOUND) $(TRUNKD_CALLS),glue dsp conf ipc model confine lib,pthread m))

$(eval $(call unit_test,trunkd_line_test,glue dsp ipc model lib,m,tests/unit/trunkd_world.c tests/unit/trunkd_world_sides.c))
$(eval $(call unit_test,trunkd_loss_test,glue dsp ipc model lib,m,tests/unit/trunkd_world.c tests/unit/trunkd_world_sides.c))
# They run the program.
$(B)/unit/trunkd_line_test $(B)/unit/trunkd_loss_test: | $(B)/bin/trunkd
$(eval $(call unit_test,media_slot_test,dsp lib,m,firmware/trunkd/media_slot.c))
$(eval $(call unit_test,lateness_test,lib,,firmware/trunkd/lateness.c))
$(eval $(call unit_test,trunkd_settings_test,glue dsp conf lib,m,firmware/trunkd/settings.c))
$(eval $(call unit_test,line_ear_test,glue dsp lib,m,firmware/trunkd/line_ear.c))
$(eval $(call unit_test,trunkd_sound_test,dsp conf lib,,$(TRUNKD_SOUND:%=firmware/trunkd/%)))
$(eval $(call unit_test,trunkd_calls_test,dsp conf ipc model lib,m,$(TRUNKD_CALLS:%=firmware/trunkd/%) $(TRUNKD_SOUND:%=firmware/trunkd/%) firmware/trunkd/meters.c))
$(eval $(call unit_test,trunkd_plays_test,dsp conf ipc model lib,m,$(TRUNKD_CALLS:%=firmware/trunkd/%) $(TRUNKD_SOUND:%=firmware/trunkd/%) firmware/trunkd/meters.c))
$(eval $(call unit_test,media_test,glue dsp lib,m pthread,$(TRUNKD_MEDIA:%=firmware/trunkd/%)))
$(eval $(call unit_test,supervise_test,lib,,firmware/trunkd/supervise.c))
$(eval $(call unit_test,trace_test,model lib,,firmware/trunkd/trace.c))
$(eval $(call unit_test,history_test,lib,,firmware/trunkd/history.c))
$(eval $(call unit_test,span_lines_test,glue ipc model lib,,firmware/trunkd/span_lines.c))
