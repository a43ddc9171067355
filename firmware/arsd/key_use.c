#include "arsd/key_use.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/render.h"
#include "lib/log.h"
#include "store/api_keys.h"
#include "store/webhooks.h"

/* A power of two. Keys that share a place write more often than they need to ask, and no more often than store_api_key_used() lets them. */
enum { PLACES = 1024, WRITES_A_TURN = 64, WRITE_EVERY_MS = 5000, LOOK_EVERY_MS = 60000, TELL_EVERY_MS = 86400000 };

struct place { uint8_t hash[32]; struct wall noted; bool due; };
struct key_use {
	struct place places[PLACES];
	int due;                                      /* of them */
	struct mono write_at, look_at, told_at;
	struct api_keys_ending ending;                /* as last looked */
	int64_t told, secrets_ending;                 /* told: so many were in the log's last word */
};

int key_use_new(struct key_use **k)
{
	*k = calloc(1, sizeof(**k));
	return *k != NULL ? 0 : ERR_NOMEM;
}

void key_use_free(struct key_use **k)
{
	free(*k);
	*k = NULL;
}

/* ---- use ---- */

void key_use_note(struct arsd *a, const uint8_t hash[32])
{
	struct place *p = &a->key_use->places[(hash[0] << 8 | hash[1]) % PLACES];
	bool is_same = memcmp(p->hash, hash, sizeof(p->hash)) == 0;

	/* Of two that share a place the other is written first; a key in use comes again. */
	if (p->due || (is_same && a->wall.ms < p->noted.ms + API_KEY_NOTED_MS))
		return;
	memcpy(p->hash, hash, sizeof(p->hash));
	p->noted = a->wall;
	p->due = true;
	a->key_use->due++;
}

static void write_due(struct arsd *a)
{
	struct key_use *k = a->key_use;
	int most = WRITES_A_TURN;

	for (size_t i = 0; i < PLACES && k->due > 0 && most > 0; i++) {
		struct place *p = &k->places[i];

		if (!p->due)
			continue;
		if (store_api_key_used(a->store, p->hash, p->noted) < 0) {
			log_error("api_key_use", "error=store");
			return;
		}
		p->due = false;
		k->due--;
		most--;
	}
}

void key_use_forget(struct arsd *a)
{
	memset(a->key_use->places, 0, sizeof(a->key_use->places));
	a->key_use->due = 0;
}

/* ---- the alarm ---- */

/* When there are more of them, once a day while there are, and when there is none any more. */
static void tell(struct arsd *a, struct key_use *k)
{
	const struct api_keys_ending *e = &k->ending;
	char until[CLOCK_RFC3339_SIZE];

	if (e->count == 0 && k->told > 0)
		log_warn("api_keys_settled", "alarm=api_keys hint=\"no key that is still used ends soon\"");
	if (e->count == 0 || (e->count <= k->told && mono_diff_ms(k->told_at, a->mono) < TELL_EVERY_MS)) {
		k->told = e->count;
		return;
	}
	k->told = e->count;
	k->told_at = a->mono;
	log_warn("api_keys_end", "alarm=api_keys count=%" PRId64 " first=%s merchant=%s until=%s hint=\"still used: the merchant must take its newer key, or "
	         "a new one, before\"", e->count, e->key.text, e->merchant.text, wall_print_rfc3339(e->until, until));
}

static void look(struct arsd *a)
{
	struct key_use *k = a->key_use;
	const struct wall then = { a->wall.ms + a->set.api_key_alarm_days * INT64_C(86400000) };
	struct api_keys_ending ending;
	int64_t secrets;

	if (store_api_keys_ending(a->store, a->wall, then, &ending) < 0 || store_webhook_secrets_ending(a->store, a->wall, then, &secrets) < 0) {
		log_error("api_keys_ending", "error=store");
		return;
	}
	k->ending = ending;
	k->secrets_ending = secrets;
	metrics_set(&a->metrics, M_API_KEYS_ENDING, ending.count);
	metrics_set(&a->metrics, M_WEBHOOK_SECRETS_ENDING, secrets);
	tell(a, k);
}

void key_use_tick(struct arsd *a)
{
	struct key_use *k = a->key_use;

	if (k->due > 0 && mono_diff_ms(k->write_at, a->mono) >= 0) {
		k->write_at = mono_add_ms(a->mono, WRITE_EVERY_MS);
		write_due(a);
	}
	if (mono_diff_ms(k->look_at, a->mono) < 0)
		return;
	k->look_at = mono_add_ms(a->mono, LOOK_EVERY_MS);
	look(a);
}

int64_t key_use_ending(const struct arsd *a)
{
	return a->key_use->ending.count;
}

int64_t key_use_secrets_ending(const struct arsd *a)
{
	return a->key_use->secrets_ending;
}

json_t *key_use_show(const struct arsd *a)
{
	const struct api_keys_ending *e = &a->key_use->ending;

	if (e->count == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:{s:s, s:s, s:o}}", "count", (json_int_t)e->count, "days", (json_int_t)a->set.api_key_alarm_days, "first", "key",
	                 e->key.text, "merchant", e->merchant.text, "valid_until", render_time(e->until));
}
