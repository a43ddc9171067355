WORLD := firmware/sandbox/world
WORLD_SOURCES := behaviour.c cards.c control.c files.c journal.c late.c ledger.c ledger_file.c merchant.c pg.c pg_ask.c pg_list.c pg_promotions.c record.c reply.c sms.c
$(eval $(call program,callkey-sandbox,$(WORLD),main.c $(WORLD_SOURCES),loop json crypto_open crypto model lib,jansson))
$(eval $(call unit_test,world_cards_test,loop json model lib,jansson,$(addprefix $(WORLD)/,behaviour.c cards.c record.c reply.c)))
$(eval $(call unit_test,world_ledger_test,loop json crypto model lib,jansson,$(addprefix $(WORLD)/,behaviour.c cards.c files.c journal.c ledger.c ledger_file.c merchant.c reply.c)))
