#include "arsd/promotion_tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/gateways.h"
#include "arsd/promotion_table.h"
#include "arsd/render.h"
#include "arsd/tries.h"
#include "crypto/crypto.h"
#include "lib/log.h"

/* uplinkd gives up before; this is for one that went astray. */
enum { LATE_MS = 150000, AGAIN_FIRST_MS = 60000, AGAIN_MOST_MS = 3600000, COMPLAIN_EVERY_MS = 3600000 };
static const uint64_t job_bit = UINT64_C(1) << 61;

struct promotion_tables {
	uint64_t job;                         /* the last one */
	struct wall since;                    /* of a gateway that never told, its age */
	struct mono complain_at;
	bool waits;                           /* for all that were asked for by hand: */
	struct asker waiting;
	int count;
	struct table {
		char pg[32];
		struct promotions rows;
		struct promotion_head head;   /* told 0: never */
		struct mono due, late;
		uint64_t job;                 /* under way; 0: none */
		uint32_t tries;               /* in vain, since it was told last */
		bool by_hand;
		char why[PROMOTION_WHY_SIZE]; /* of the last one in vain */
	} table[GATEWAYS_MAX];
};

/* ---- the store ---- */

static int add_row(const struct promotion *r, void *context)
{
	struct promotions *p = context;

	if (p->count == PROMOTIONS_MAX)
		return ERR_IO;
	p->list[p->count++] = *r;
	return 0;
}

static int load_table(struct arsd *a, struct table *t)
{
	int e;

	t->head = (struct promotion_head){ .left_out = 0 };
	t->rows.count = 0;
	e = store_promotions_head(a->store, t->pg, &t->head);
	if (e == 0)
		e = store_promotions_each(a->store, t->pg, add_row, &t->rows);
	return e == ERR_NOT_FOUND ? 0 : e;
}

int promotion_tables_load(struct arsd *a)
{
	struct promotion_tables *made = calloc(1, sizeof(*made));
	int e = 0;

	if (made == NULL)
		return ERR_NOMEM;
	made->since = a->wall;
	made->count = a->set.pg_count;
	for (int i = 0; e == 0 && i < made->count; i++) {
		snprintf(made->table[i].pg, sizeof(made->table[i].pg), "%s", a->set.pgs[i]);
		e = load_table(a, &made->table[i]);
	}
	if (e < 0) {
		free(made);
		return e;
	}
	a->tables = made;
	return 0;
}

void promotion_tables_free(struct promotion_tables **t)
{
	free(*t);
	*t = NULL;
}

void promotion_tables_turn_failed(struct arsd *a)
{
	for (int i = 0; a->tables != NULL && i < a->tables->count; i++)
		if (load_table(a, &a->tables->table[i]) < 0)
			log_error("promotions", "pg=%s error=store", a->tables->table[i].pg);
}

static int keep(struct arsd *a, const struct table *t, const struct promotions *p, const struct promotion_head *h)
{
	int e = store_promotions_begin(a->store, t->pg, h);

	for (size_t i = 0; e == 0 && i < p->count; i++)
		e = store_promotions_add(a->store, t->pg, (int)i, &p->list[i]);
	return e;
}

/* ---- which counts ---- */

static struct table *find(const struct arsd *a, const char *pg)
{
	for (int i = 0; a->tables != NULL && i < a->tables->count; i++)
		if (pg[0] == '\0' || strcmp(a->tables->table[i].pg, pg) == 0)
			return &a->tables->table[i];
	return NULL;
}

static bool asks(const struct arsd *a, const struct table *t)
{
	return (gateways_can(a, t->pg) & UPLINK_CAN_PROMOTIONS) != 0;
}

static int64_t age_ms(const struct arsd *a, const struct table *t)
{
	return a->wall.ms - (t->head.told.ms != 0 ? t->head.told.ms : a->tables->since.ms);
}

static bool counts(const struct arsd *a, const struct table *t)
{
	return t->head.told.ms != 0 && age_ms(a, t) <= a->set.promotions_valid_ms;
}

/* Half a period late: it has been asked for many times. */
static bool is_outdated(const struct arsd *a, const struct table *t)
{
	return asks(a, t) && age_ms(a, t) > a->set.promotions_every_ms + a->set.promotions_every_ms / 2;
}

struct promotion_sources promotion_sources_at(const struct arsd *a, const char *pg)
{
	const struct table *t = find(a, pg);

	return (struct promotion_sources){ &a->promotions, t != NULL && counts(a, t) ? &t->rows : NULL };
}

struct promotion_sources promotion_sources_of(struct arsd *a, const struct request *r, bool by_key)
{
	char pg[32];

	if (gateways_of_request(a, r, by_key, pg) < 0)
		return (struct promotion_sources){ &a->promotions, NULL };
	return promotion_sources_at(a, pg);
}

struct wall promotion_tables_told_at(const struct arsd *a, const char *pg)
{
	const struct table *t = find(a, pg);

	return t != NULL && counts(a, t) ? t->head.told : (struct wall){ 0 };
}

bool promotion_tables_outdated(const struct arsd *a)
{
	for (int i = 0; a->tables != NULL && i < a->tables->count; i++)
		if (is_outdated(a, &a->tables->table[i]))
			return true;
	return false;
}

/* ---- asking ---- */

static int64_t chance_ms(int64_t most_ms)
{
	uint32_t n = 0;

	if (crypto_random(&n, sizeof(n)) < 0)
		log_warn("no_random", "for=promotions");
	return (int64_t)n % (most_ms + 1);
}

static int64_t pause_ms(uint32_t tries)
{
	int64_t ms = AGAIN_FIRST_MS;

	for (uint32_t i = 1; i < tries && ms < AGAIN_MOST_MS; i++)
		ms *= 2;
	if (ms > AGAIN_MOST_MS)
		ms = AGAIN_MOST_MS;
	return ms - ms / 4 + chance_ms(ms / 4);
}

static void answer_by_hand(struct arsd *a, struct table *ended)
{
	struct promotion_tables *all = a->tables;
	json_t *o = NULL;

	ended->by_hand = false;
	if (!all->waits)
		return;
	for (int i = 0; i < all->count; i++)
		if (all->table[i].by_hand)
			return;
	all->waits = false;
	verb_promotions(a, NULL, &o, NULL);
	admin_answer_json(a, all->waiting, o);
}

static void failed(struct arsd *a, struct table *t, const char *why)
{
	t->job = 0;
	t->tries++;
	snprintf(t->why, sizeof(t->why), "%s", why);
	t->due = mono_add_ms(a->mono, pause_ms(t->tries));
	log_warn("promotions_failed", "pg=%s tries=%u why=\"%s\" hint=\"the table that it told last goes on to count, for a while\"", t->pg,
	         t->tries, t->why);
	metrics_add(&a->metrics, M_PROMOTIONS_FAILED, 1);
	answer_by_hand(a, t);
}

static void ask(struct arsd *a, struct table *t)
{
	static struct uplink_msg m;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_promotions;
	m.u.pg_promotions.job = t->job = job_bit | ++a->tables->job;
	snprintf(m.u.pg_promotions.pg, sizeof(m.u.pg_promotions.pg), "%s", t->pg);
	t->late = mono_add_ms(a->mono, LATE_MS);
	if (!a->ports.uplink(a->ports.context, &m))
		failed(a, t, "uplinkd is not there");
}

void promotion_tables_gateways(struct arsd *a)
{
	for (int i = 0; a->tables != NULL && i < a->tables->count; i++) {
		struct table *t = &a->tables->table[i];

		if (t->job == 0)
			t->due = mono_add_ms(a->mono, chance_ms(a->set.promotions_jitter_ms));
	}
}

void promotion_tables_told(struct arsd *a, const struct uplink_pg_promotions_result *m)
{
	static struct promotions read;
	struct table *t = NULL;
	struct promotion_head head = { .told = a->wall, .left_out = m->left_out };
	char why[PROMOTION_WHY_SIZE];

	for (int i = 0; a->tables != NULL && i < a->tables->count; i++)
		if (a->tables->table[i].job == m->job && m->job != 0)
			t = &a->tables->table[i];
	if (t == NULL)
		return;
	if (m->status != UPLINK_PG_OK) {
		failed(a, t, m->message[0] != '\0' ? m->message : "no usable answer");
		return;
	}
	if (promotion_table_read(m->rows.data, m->rows.len, tries_day(a->wall), &read, why) < 0) {
		failed(a, t, why);
		return;
	}
	if (keep(a, t, &read, &head) < 0) {
		failed(a, t, "the store refused");
		return;
	}
	t->rows = read;
	t->head = head;
	t->job = 0;
	t->tries = 0;
	t->why[0] = '\0';
	t->due = mono_add_ms(a->mono, a->set.promotions_every_ms + chance_ms(a->set.promotions_jitter_ms));
	log_info("promotions", "pg=%s rows=%zu left_out=%" PRId64, t->pg, read.count, head.left_out);
	metrics_add(&a->metrics, M_PROMOTIONS_TOLD, 1);
	answer_by_hand(a, t);
}

void promotion_tables_uplink_lost(struct arsd *a)
{
	for (int i = 0; a->tables != NULL && i < a->tables->count; i++)
		if (a->tables->table[i].job != 0)
			failed(a, &a->tables->table[i], "uplinkd was lost");
}

static void complain(struct arsd *a)
{
	int outdated = 0;

	for (int i = 0; i < a->tables->count; i++) {
		const struct table *t = &a->tables->table[i];

		if (!is_outdated(a, t))
			continue;
		outdated++;
		log_error("promotions_outdated", "alarm=promotions pg=%s told_h=%" PRId64 " counts=%d why=\"%s\" hint=\"callkey promotions\"", t->pg,
		          t->head.told.ms != 0 ? age_ms(a, t) / 3600000 : -1, counts(a, t), t->why);
	}
	metrics_set(&a->metrics, M_PROMOTIONS_OUTDATED, outdated);
}

void promotion_tables_tick(struct arsd *a)
{
	struct promotion_tables *all = a->tables;

	if (all == NULL)
		return;
	for (int i = 0; i < all->count; i++) {
		struct table *t = &all->table[i];

		if (t->job != 0 && mono_diff_ms(t->late, a->mono) >= 0)
			failed(a, t, "no answer in time");
		else if (t->job == 0 && asks(a, t) && a->neighbours[NEIGHBOUR_UPLINKD].up && mono_diff_ms(t->due, a->mono) >= 0)
			ask(a, t);
	}
	if (mono_diff_ms(all->complain_at, a->mono) < 0)
		return;
	all->complain_at = mono_add_ms(a->mono, COMPLAIN_EVERY_MS);
	complain(a);
}

/* ---- the operator ---- */

static json_t *render_table(const struct arsd *a, const struct table *t)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < t->rows.count; i++) {
		json_t *row = promotions_render(&t->rows.list[i], tries_day(a->wall));

		json_object_set_new(row, "by_file", json_boolean(promotions_name(&a->promotions, t->rows.list[i].issuer, tries_day(a->wall))));
		json_array_append_new(rows, row);
	}
	return json_pack("{s:s, s:o, s:s, s:I, s:I, s:o, s:o}", "pg", t->pg, "told_at",
	                 t->head.told.ms != 0 ? render_time(t->head.told) : json_null(), "state",
	                 !asks(a, t) ? "not_asked" : t->head.told.ms == 0 ? "never_told" : !counts(a, t) ? "expired"
	                 : is_outdated(a, t) ? "outdated" : "current", "left_out", (json_int_t)t->head.left_out, "tries_in_vain",
	                 (json_int_t)t->tries, "why", render_text(t->why), "rows", rows);
}

int verb_promotions(struct arsd *a, const json_t *argument UNUSED, json_t **o, struct refusal *r UNUSED)
{
	json_t *file = json_array(), *tables = json_array();

	for (size_t i = 0; i < a->promotions.count; i++)
		json_array_append_new(file, promotions_render(&a->promotions.list[i], tries_day(a->wall)));
	for (int i = 0; i < a->tables->count; i++)
		json_array_append_new(tables, render_table(a, &a->tables->table[i]));
	*o = json_pack("{s:o, s:o}", "file", file, "gateways", tables);
	return 0;
}

int verb_promotions_ask(struct arsd *a, const json_t *argument, json_t **o UNUSED, struct refusal *r)
{
	const char *pg = json_string_value(json_object_get(argument, "pg"));
	struct promotion_tables *all = a->tables;
	int asked = 0;

	if (all->waits)
		return admin_no(r, 503, "somebody else has just asked; callkey promotions shows what comes of it");
	if (!a->neighbours[NEIGHBOUR_UPLINKD].up || !a->gateways.told)
		return admin_no(r, 503, "uplinkd is not there");
	for (int i = 0; i < all->count; i++) {
		struct table *t = &all->table[i];

		if ((pg != NULL && strcmp(pg, t->pg) != 0) || !asks(a, t))
			continue;
		asked++;
		t->by_hand = true;
		t->due = a->mono;
	}
	if (asked == 0)
		return admin_no(r, 404, pg != NULL ? "there is no gateway of this name that has such a table" : "no gateway has such a table");
	all->waits = true;
	all->waiting = admin_asker();
	return ERR_AGAIN;
}
