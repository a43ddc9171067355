#include "arsd_registering.h"



struct request registering_until_confirmed(struct world *w)
{
	struct request r = world_registered_request(w, phone);

	world_call(w, CALL, phone, r.virtual_number.digits);
	world_expect_heard(w, "greet.neutral");
	world_played(w, CALL);
	world_expect_heard(w, "reg.consent");
	world_press(w, CALL, '1');
	world_type_card(w, CALL, "1234", CARD_CREDIT);
	return r;
}

struct request registering_until_sent(struct world *w)
{
	struct request r = registering_until_confirmed(w);

	world_press(w, CALL, '1');
	world_expect_heard(w, "wait.music");
	assert_true(w->play.loop);
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_verify);
	return r;
}
