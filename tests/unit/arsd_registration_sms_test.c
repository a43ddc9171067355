/* The text message that a registration begins with. */
#include "arsd_registering.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arsd/outbox.h"
#include "lib/log.h"

static void the_sms_names_number_and_merchant_and_moves_the_request_on(void **state)
{
	struct world *w = world_new("");
	struct request r;
	char number[PHONE_SIZE + 8];

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	assert_string_equal(r.state, "created");
	assert_int_equal(w->sms_count, 1);
	assert_string_equal(w->sms[0].u.sms.to, phone);
	assert_non_null(strstr(w->sms[0].u.sms.text, "칼키 서점"));
	assert_non_null(strstr(w->sms[0].u.sms.text, phone_print(&r.virtual_number, number)));
	outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = w->sms[0].u.sms.job, .status = UPLINK_SENT });
	world_turn(w);
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void an_sms_that_is_refused_ends_the_request(void **state)
{
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = w->sms[0].u.sms.job, .status = UPLINK_REFUSED });
	world_turn(w);
	assert_string_equal(world_request(w, r.id.text).state, "sms_failed");
	world_expect_hook(w, 0, "registration.failed");
	world_free(&w);
}

static void an_sms_is_repeated_with_the_same_id_until_it_is_taken(void **state)
{
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = w->sms[0].u.sms.job, .status = UPLINK_LATER });
	world_turn(w);
	world_wait(w, 3000);
	assert_int_equal(w->sms_count, 2);
	assert_string_equal(w->sms[0].u.sms.message_id, w->sms[1].u.sms.message_id);
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	assert_int_equal(w->sms_count, 3);
	assert_string_equal(w->sms[0].u.sms.message_id, w->sms[2].u.sms.message_id);
	assert_string_equal(world_request(w, r.id.text).state, "created");
	world_free(&w);
}

static void an_sms_for_a_request_that_has_ended_is_not_sent(void **state)
{
	struct world *w = world_new("request_ttl_s = 30;");
	struct request r;

	(void)state;
	arsd_neighbour_down(&w->a, NEIGHBOUR_UPLINKD);
	world_turn(w);
	r = world_registered_request(w, phone);
	world_wait(w, 31000);
	assert_string_equal(world_request(w, r.id.text).state, "expired");
	arsd_neighbour_up(&w->a, NEIGHBOUR_UPLINKD);
	world_wait(w, 3000);
	assert_int_equal(w->sms_count, 0);
	world_expect_hook(w, 0, "registration.expired");
	world_free(&w);
}

static void a_log_does_not_tell_the_number_that_a_provider_repeats(void **state)
{
	struct world *w = world_new("");
	struct uplink_sms_result no = { .status = UPLINK_LATER };
	char log[2000] = "";
	int kept = dup(STDERR_FILENO);
	FILE *f = tmpfile();

	(void)state;
	w->sms_waits = true;
	world_registered_request(w, phone);
	no.job = w->sms[0].u.sms.job;
	snprintf(no.detail, sizeof(no.detail), "busy: 01012345678 or 010-1234-5678, code 4021");
	log_init("arsd_test", LOG_LEVEL_WARN);
	assert_non_null(f);
	assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	outbox_sms_result(&w->a, &no);
	dup2(kept, STDERR_FILENO);
	close(kept);
	world_turn(w);
	rewind(f);
	assert_true(fread(log, 1, sizeof(log) - 1, f) > 0);
	fclose(f);
	assert_non_null(strstr(log, "outbox_not_sent"));
	assert_non_null(strstr(log, "busy: *********** or *************, code 4021"));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sms_names_number_and_merchant_and_moves_the_request_on),
		cmocka_unit_test(an_sms_that_is_refused_ends_the_request),
		cmocka_unit_test(an_sms_is_repeated_with_the_same_id_until_it_is_taken),
		cmocka_unit_test(an_sms_for_a_request_that_has_ended_is_not_sent),
		cmocka_unit_test(a_log_does_not_tell_the_number_that_a_provider_repeats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
