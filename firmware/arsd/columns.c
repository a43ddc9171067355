#include "arsd/columns.h"

#include <inttypes.h>
#include <string.h>

#include "arsd/attempts.h"
#include "lib/log.h"
#include "store/columns.h"

enum { LOOK_EVERY_MS = 2000, COMPLAIN_EVERY_MS = 60000, ROTATED_EVERY_MS = 600000, ROWS_A_TICK = 32 };

bool columns_wait(const struct arsd *a)
{
	return columns_are_locked(a->store);
}

static int keep(const struct column_key *k, void *context)
{
	*(struct column_key *)context = *k;
	return 0;
}

/* Of the store, as it stands now; 0: there is none, or it cannot be read. */
static int64_t newest_id(const struct arsd *a)
{
	struct column_key newest = { .id = 0 };

	return columns_keys_each(a->store, keep, &newest) < 0 ? 0 : newest.id;
}

/* An older one that does not open, or one that was given up already, is no reason to give up the newest. */
bool columns_are_lost(const struct arsd *a)
{
	return columns_wait(a) && a->columns.lost != 0 && a->columns.lost == newest_id(a);
}

/* ---- asking ---- */

static void ask(struct arsd *a, const struct column_key *k)
{
	static struct vault_msg m;
	struct vault_column_key *out = &m.u.column_key;

	memset(&m, 0, sizeof(m));
	m.type = vault_type_column_key;
	if (k != NULL) {
		out->req = (uint64_t)k->id;
		out->version = k->version;
		out->index_version = k->index_version;
		out->wrapped.len = COLUMNS_WRAPPED_SIZE;
		memcpy(out->wrapped.data, k->wrapped, COLUMNS_WRAPPED_SIZE);
	}
	if (!a->ports.vault(a->ports.context, &m))
		log_info("column_key", "why=no_keystore");
}

static int ask_each(const struct column_key *k, void *context)
{
	ask(context, k);
	return 0;
}

/* All that are there, the newest last; a first one if there is none. */
static void ask_all(struct arsd *a)
{
	struct column_key newest = { .id = 0 };

	if (columns_keys_each(a->store, keep, &newest) < 0 || (newest.id != 0 && columns_keys_each(a->store, ask_each, a) < 0))
		log_error("column_keys", "error=store");
	else if (newest.id == 0)
		ask(a, NULL);
	a->columns.look_at = mono_add_ms(a->mono, LOOK_EVERY_MS);
	a->columns.rotated_at = mono_add_ms(a->mono, ROTATED_EVERY_MS);
}

void columns_keys_open(struct arsd *a)
{
	a->columns.log_due = true;
	/* These keys may be other ones than those that did not open it. */
	a->columns.lost = 0;
	ask_all(a);
}

/* Zeroised: what they open is no longer to be opened here either. */
void columns_keys_gone(struct arsd *a)
{
	columns_forget(a->store);
}

int columns_begin_anew(struct arsd *a)
{
	if (!columns_are_lost(a))
		return ERR_STATE;
	log_warn("columns_begun_anew", "lost=%" PRId64 " hint=\"billing keys that it sealed are of no use any more\"", a->columns.lost);
	ask(a, NULL);
	return 0;
}

/* ---- answers ---- */

static void complain(struct arsd *a, const struct vault_column_key_given *m)
{
	if (mono_diff_ms(a->columns.complain_at, a->mono) < 0)
		return;
	a->columns.complain_at = mono_add_ms(a->mono, COMPLAIN_EVERY_MS);
	log_error("column_key_not_given", "alarm=columns data_key=%" PRIu64 " status=%u hint=\"%s\"", m->req, m->status,
	          m->status != VAULT_FAILED ? "it is asked for again"
	          : (int64_t)m->req == newest_id(a) ? "it was made under keys that are not there: restore the backup of the keys that fits this store, "
	                                              "or, if there is none, callkey columns anew"
	                                            : "what this older data key sealed cannot be read: restore the backup of the keys that fits this store");
}

/* It seals from the turn on in which its row is known to be stored: when it is asked for again, as after a start. */
static void add_new(struct arsd *a, const struct vault_column_key_given *m)
{
	struct column_key k = { .version = m->version, .index_version = m->index_version, .created = a->wall };

	memcpy(k.wrapped, m->wrapped.data, sizeof(k.wrapped));
	if (columns_key_add(a->store, &k) < 0) {
		log_error("column_key", "error=store");
		return;
	}
	log_info("column_key_added", "data_key=%" PRId64 " version=%u", k.id, k.version);
	/* Nothing waits for a key that is new: the next turn asks by itself. */
	a->columns.look_at = a->columns.rotated_at = mono_add_ms(a->mono, 1);
}

/* Either of the keys above it has been rotated, or nothing is found by it: a store of before there were indexes. */
static bool is_outdated(const struct vault_column_key_given *m)
{
	return (m->version != m->active && m->active != 0) || (m->index_version != m->index_active && m->index_active != 0);
}

static void use(struct arsd *a, const struct vault_column_key_given *m)
{
	int64_t id = (int64_t)m->req;
	struct column_key newest = { .id = 0 };
	bool waited = columns_wait(a);
	int e = columns_keys_each(a->store, keep, &newest);

	if (e == 0)
		e = columns_use(a->store, id, m->secret.data, m->index.len == COLUMNS_KEY_SIZE ? m->index.data : NULL);
	if (e < 0) {
		log_error("column_key", "data_key=%" PRId64 " error=%s", id, err_name(e));
		return;
	}
	if (!columns_wait(a))
		a->columns.lost = 0;
	if (waited && !columns_wait(a)) {
		log_info("columns_open", "data_key=%" PRId64, id);
		attempts_columns_open(a);
	}
	if (id == newest.id && is_outdated(m))
		ask(a, NULL);
}

/* req 0: a new one, which has an index. */
static bool is_whole(const struct vault_column_key_given *m)
{
	return m->secret.len == COLUMNS_KEY_SIZE && m->wrapped.len == COLUMNS_WRAPPED_SIZE && (m->req != 0 || m->index.len == COLUMNS_KEY_SIZE);
}

void columns_given(struct arsd *a, const struct vault_column_key_given *m)
{
	if (m->req != 0 && m->status == VAULT_FAILED && (int64_t)m->req == newest_id(a))
		a->columns.lost = (int64_t)m->req;
	if (m->status != VAULT_OK || !is_whole(m))
		complain(a, m);
	else if (m->req == 0)
		add_new(a, m);
	else
		use(a, m);
}

/* ---- time ---- */

void columns_tick(struct arsd *a)
{
	bool open = a->neighbours[NEIGHBOUR_KEYSTORED].up && a->keys == VAULT_KEYS_OPEN;
	int n;

	if (open && columns_wait(a) && mono_diff_ms(a->columns.look_at, a->mono) >= 0)
		ask_all(a);
	else if (open && mono_diff_ms(a->columns.rotated_at, a->mono) >= 0)
		ask_all(a);
	/* Calls and payments come first. */
	if (columns_wait(a) || store_dirty(a->store))
		return;
	n = columns_renew(a->store, ROWS_A_TICK);
	if (n < 0)
		log_error("columns_renew", "error=%s", err_name(n));
	else if (n > 0)
		a->columns.log_due = true;
	/* What was clear is on none of the database's pages any more, but may be in its log. */
	else if (a->columns.log_due)
		a->columns.log_due = columns_end_log(a->store) < 0;
}
