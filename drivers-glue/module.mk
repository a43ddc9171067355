GLUE_LINE := line.c line_pri.c fxo_wire.c fxo_machine.c fxo_port.c fxo_card.c
GLUE_DAHDI := dahdi.c dahdi_card.c dahdi_chan.c dahdi_gain.c dahdi_measures.c dahdi_span.c dahdi_sys.c
$(eval $(call library,glue,drivers-glue,trunk.c $(GLUE_LINE) soft.c soft_carrier.c soft_link.c soft_wire.c $(GLUE_DAHDI) pri_port.c pri_call.c pri_event.c pri_service.c pri_dialect.c pri_clock.c,lib,pri))
$(eval $(call unit_test,soft_test,glue))
$(eval $(call unit_test,dahdi_test,glue))
$(eval $(call unit_test,pri_test,glue))
$(eval $(call unit_test,pri_raw_test,glue))
$(eval $(call unit_test,pri_overread_test,glue))
$(eval $(call unit_test,pri_service_test,glue))
$(eval $(call unit_test,pri_clock_test,glue))
$(eval $(call unit_test,fxo_test,glue))
$(eval $(call unit_test,fxo_card_test,glue))
