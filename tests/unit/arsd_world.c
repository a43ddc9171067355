#include "arsd_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arsd/api.h"
#include "arsd/gateways.h"
#include "arsd/outbox.h"
#include "lib/log.h"
#include "tests/unit/scratch.h"

/* ---- ports ---- */

static bool to_trunkd(void *context, const struct callctl_msg *m)
{
	struct world *w = context;

	if (m->type == callctl_type_play)
		w->play = m->u.play;
	else if (m->type == callctl_type_call_hangup)
		w->hangup_cause = m->u.call_hangup.cause;
	else if (m->type == callctl_type_call_reject)
		w->reject_cause = m->u.call_reject.cause;
	else if (m->type == callctl_type_call_answer)
		w->answered = true;
	return true;
}

static bool to_keystored(void *context, const struct vault_msg *m)
{
	struct world *w = context;

	if (m->type == vault_type_field_open)
		w->field = m->u.field_open;
	else if (m->type == vault_type_seal)
		w->seal = m->u.seal;
	else if (m->type == vault_type_sign) {
		w->sign[m->u.sign.req % WORLD_SIGNS] = m->u.sign;
		w->sign_count++;
	} else if (m->type == vault_type_wipe)
		w->wiped = true;
	return true;
}

static bool to_uplinkd(void *context, const struct uplink_msg *m)
{
	struct world *w = context;

	switch (m->type) {
	case uplink_type_sms:
		assert_true(w->sms_count < WORLD_KEPT);
		w->sms[w->sms_count++] = *m;
		break;
	case uplink_type_webhook:
		assert_true(w->hook_count < WORLD_KEPT);
		w->hooks[w->hook_count++] = *m;
		break;
	case uplink_type_sms_receipt_taken:
		w->receipts_taken++;
		break;
	case uplink_type_pg_expire_key:
		w->expire = m->u.pg_expire_key;
		w->expire_count++;
		break;
	default:
		w->pg = *m;
		w->pg_count++;
		break;
	}
	return true;
}

static void to_apid(void *context, uint64_t peer, const struct api_msg *m)
{
	struct world *w = context;

	assert_int_equal(peer, 7);
	w->answer = m->u.answer;
	w->answer_count++;
}

static void to_callkey(void *context, uint64_t peer, const struct admin_msg *m)
{
	struct world *w = context;

	(void)peer;
	w->admin_status = m->u.answer.status;
	snprintf(w->admin, sizeof(w->admin), "%.*s", (int)m->u.answer.body.len, (const char *)m->u.answer.body.data);
}

static bool to_speech(void *context, const struct speech_job *job)
{
	struct world *w = context;

	assert_true(w->speech_count < WORLD_KEPT);
	w->speech_waiting[w->speech_count++] = job->number;
	return true;
}

/* ---- life ---- */

static void start(struct world *w)
{
	char path[128], url[128], why[CONF_WHY_SIZE];
	struct conf_tree *conf = NULL;

	snprintf(path, sizeof(path), "%s/callkey.cfg", w->folder);
	if (conf_load_callkey(path, &conf, why) < 0)
		fail_msg("%s", why);
	if (arsd_configure(&w->a, conf, why) < 0)
		fail_msg("%s", why);
	conf_free(&conf);
	w->a.ports = (struct ports){ to_trunkd, to_keystored, to_uplinkd, to_apid, to_callkey, to_speech, w };
	snprintf(url, sizeof(url), "sqlite:%s/callkey.db", w->folder);
	assert_int_equal(store_open(url, &w->a.store), 0);
	assert_int_equal(arsd_start(&w->a), 0);
	for (int i = 0; i < NEIGHBOURS; i++)
		arsd_neighbour_up(&w->a, (enum neighbour_name)i);
	arsd_keys_told(&w->a, VAULT_KEYS_OPEN);
	world_gateway(w, "sandbox", ~0u, 0);
	world_turn(w);
}

struct world *world_new(const char *settings)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[128];
	FILE *f;

	assert_non_null(w);
	log_init("arsd_test", LOG_LEVEL_ERROR);
	scratch_path(w->folder, sizeof(w->folder), "arsd-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(path, sizeof(path), "%s/callkey.cfg", w->folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "state_dir = \"%s\"; share_dir = \"config\"; arsd: { numbers = ( \"07012340000-07012340099\" ); %s };\n",
	        w->folder, settings);
	fclose(f);
	w->a.mono = (struct mono){ 1000000000 };
	w->a.wall = (struct wall){ 1790000000000 };
	start(w);
	world_merchant(w, "\"may_skip_consent\": true");
	return w;
}

static void remove_file(const struct world *w, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", w->folder, name);
	unlink(path);
}

void world_free(struct world **w)
{
	arsd_free(&(*w)->a);
	remove_file(*w, "callkey.cfg");
	remove_file(*w, "callkey.db");
	remove_file(*w, "callkey.db-wal");
	remove_file(*w, "callkey.db-shm");
	rmdir((*w)->folder);
	free(*w);
	*w = NULL;
}

void world_crash(struct world *w)
{
	struct mono mono = w->a.mono;
	struct wall wall = w->a.wall;

	arsd_free(&w->a);
	w->lost = false;
	memset(&w->a, 0, sizeof(w->a));
	w->a.mono = mono;
	w->a.wall = wall;
	memset(&w->pg, 0, sizeof(w->pg));
	start(w);
}

static void answer_messages(struct world *w, int sms_from, int hooks_from)
{
	for (int i = sms_from; !w->sms_waits && i < w->sms_count; i++)
		outbox_sms_result(&w->a, &(struct uplink_sms_result){ .job = w->sms[i].u.sms.job, .status = UPLINK_SENT });
	for (int i = hooks_from; !w->webhook_waits && i < w->hook_count; i++)
		outbox_webhook_result(&w->a, &(struct uplink_webhook_result){ .job = w->hooks[i].u.webhook.job,
		                                                             .status = UPLINK_SENT, .http_status = 200 });
}

void world_turn(struct world *w)
{
	for (bool more = !w->lost; more;) {
		int sms = w->sms_count, hooks = w->hook_count, speech = w->speech_count;

		assert_int_equal(arsd_turn_end(&w->a), 0);
		if (!w->speech_waits) {
			w->speech_count = 0;
			for (int i = 0; i < speech; i++)
				api_speech_done(&w->a, w->speech_waiting[i], SPEECH_MADE);
		}
		answer_messages(w, sms, hooks);
		more = store_dirty(w->a.store);
	}
}

void world_wait(struct world *w, int64_t ms)
{
	for (; ms > 0; ms -= 100) {
		w->a.mono = mono_add_ms(w->a.mono, 100);
		w->a.wall.ms += 100;
		arsd_tick(&w->a);
		world_turn(w);
	}
}

void world_merchant(struct world *w, const char *options)
{
	char argument[1024];
	json_t *o;

	snprintf(argument, sizeof(argument), "{\"name\": \"칼키 서점\", \"webhook_url\": \"https://shop.example/hook\"%s%s%s}",
	         strstr(options, "\"pg\"") != NULL ? "" : ", \"pg\": \"sandbox\"", options[0] != '\0' ? ", " : "", options);
	o = world_admin(w, "merchant_add", argument);
	assert_non_null(o);
	snprintf(w->api_key, sizeof(w->api_key), "%s", json_string_value(json_object_get(o, "api_key")));
	snprintf(w->merchant, sizeof(w->merchant), "%s", json_string_value(json_object_get(o, "id")));
	json_decref(o);
}
