#include "arsd/consents.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/evidence.h"
#include "lib/log.h"

enum { LOOK_EVERY_MS = 1000, ASK_AGAIN_MS = 5000, ASKED_AT_ONCE = 32, COMPLAIN_EVERY_MS = 60000 };

/* 40 KB each; one thread. */
static struct consent_link link, other;

static struct evidence_link evidence_of(const struct consent_link *l)
{
	struct evidence_link e = { .number = l->number };

	memcpy(e.previous, l->previous, sizeof(e.previous));
	memcpy(e.record, l->record_hash, sizeof(e.record));
	memcpy(e.link, l->link_hash, sizeof(e.link));
	memcpy(e.signature, l->signature, sizeof(e.signature));
	snprintf(e.key, sizeof(e.key), "%s", l->key);
	return e;
}

/* ---- signatures ---- */

static void ask(struct arsd *a, const struct consent_link *l)
{
	static struct vault_msg m;
	struct vault_sign *s = &m.u.sign;

	if (!a->neighbours[NEIGHBOUR_KEYSTORED].up)
		return;
	memset(&m, 0, sizeof(m));
	m.type = vault_type_sign;
	s->req = (uint64_t)l->number;
	snprintf(s->usage, sizeof(s->usage), "%s", EVIDENCE_USAGE);
	s->hash.len = CONSENT_HASH_SIZE;
	memcpy(s->hash.data, l->link_hash, CONSENT_HASH_SIZE);
	if (!a->ports.vault(a->ports.context, &m))
		log_info("consent_sign", "consent=%s why=no_keystore", l->consent.text);
}

static void complain(struct arsd *a, const struct vault_signature *m, const char *why)
{
	if (mono_diff_ms(a->consents.complain_at, a->mono) < 0)
		return;
	a->consents.complain_at = mono_add_ms(a->mono, COMPLAIN_EVERY_MS);
	log_error("consent_unsigned", "alarm=consent number=%" PRIu64 " status=%u why=\"%s\" hint=\"it is asked for again\"", m->req,
	          m->status, why);
}

/* What keystored says is tried before it is kept: a record whose signature fails would prove nothing, and never be asked for
 * again. */
static bool is_good(const struct vault_signature *m, const struct consent_link *l)
{
	char id[CRYPTO_KEY_ID_SIZE];

	return m->bytes.len == VAULT_SIGNATURE_SIZE && sign_key_id(m->public_key, id) == 0 && strcmp(id, m->key) == 0 &&
	       sign_verify(m->public_key, EVIDENCE_USAGE, l->link_hash, m->bytes.data) == 0;
}

void consents_signature(struct arsd *a, const struct vault_signature *m)
{
	if (m->status != VAULT_OK) {
		complain(a, m, "keystored refuses");
		return;
	}
	if (store_chain_at(a->store, (int64_t)m->req, &link) < 0 || link.key[0] != '\0')
		return;
	if (!is_good(m, &link)) {
		complain(a, m, "the signature does not fit");
		return;
	}
	snprintf(link.key, sizeof(link.key), "%s", m->key);
	memcpy(link.signature, m->bytes.data, sizeof(link.signature));
	if (store_sign_key_add(a->store, m->key, m->public_key, a->wall) < 0 || store_chain_sign(a->store, &link) < 0)
		log_error("consent_sign", "consent=%s error=store", link.consent.text);
	else
		metrics_add(&a->metrics, M_CONSENTS_SIGNED, 1);
}

void consents_keystore_up(struct arsd *a)
{
	a->consents.ask_at = a->consents.look_at = a->mono;
}

static int ask_each(const struct consent_link *l, void *context)
{
	ask(context, l);
	return 0;
}

void consents_tick(struct arsd *a)
{
	int64_t outstanding = 0;

	if (mono_diff_ms(a->consents.look_at, a->mono) < 0)
		return;
	a->consents.look_at = mono_add_ms(a->mono, LOOK_EVERY_MS);
	if (store_chain_unsigned_count(a->store, &outstanding) < 0) {
		log_error("consents_unsigned", "error=store");
		return;
	}
	a->consents.unsigned_count = outstanding;
	metrics_set(&a->metrics, M_CONSENTS_UNSIGNED, outstanding);
	if (outstanding == 0 || mono_diff_ms(a->consents.ask_at, a->mono) < 0)
		return;
	a->consents.ask_at = mono_add_ms(a->mono, outstanding > ASKED_AT_ONCE ? LOOK_EVERY_MS : ASK_AGAIN_MS);
	if (store_chain_unsigned(a->store, ASKED_AT_ONCE, ask_each, a) < 0)
		log_error("consents_unsigned", "error=store");
}

/* ---- records ---- */

static int chain(struct arsd *a, const struct consent *k, const struct request *r)
{
	int e;

	memset(&link, 0, sizeof(link));
	link.consent = k->id;
	link.merchant = r->merchant;
	link.request = r->id;
	link.at = k->at;
	e = store_chain_head(a->store, &link.number, link.previous);
	link.number++;
	return e == ERR_NOT_FOUND ? 0 : e;
}

int consents_add(struct arsd *a, const struct consent_facts *facts)
{
	const struct consent *k = facts->consent;
	char head[EVIDENCE_HEX_SIZE] = "";
	struct consent_facts f = *facts;
	struct evidence_link made;
	int e = chain(a, k, facts->request);

	f.number = link.number;
	f.previous = link.previous;
	if (e == 0)
		e = consent_record_write(a, &f, link.record);
	if (e == 0)
		e = crypto_sha256(link.record, strlen(link.record), link.record_hash);
	if (e == 0) {
		made = evidence_of(&link);
		e = evidence_link_make(&made);
	}
	if (e < 0)
		return e;
	memcpy(link.link_hash, made.link, sizeof(link.link_hash));
	e = store_consent_add(a->store, k);
	if (e == 0)
		e = store_chain_add(a->store, &link);
	if (e == 0 && hex_encode(link.link_hash, CONSENT_HASH_SIZE, head, sizeof(head)) < 0)
		e = ERR_CRYPTO;
	if (e < 0)
		return e;
	metrics_add(&a->metrics, M_CONSENTS, 1);
	/* Whoever keeps the log elsewhere can tell later that nothing was taken off the chain's end. */
	log_info("consent_recorded", "consent=%s number=%" PRId64 " link=%s", k->id.text, link.number, head);
	ask(a, &link);
	return 0;
}

/* ---- bundles ---- */

static int add_key(struct arsd *a, json_t *keys, const char *id)
{
	char public_key[SIGN_KEY_SIZE];
	int e = id[0] == '\0' ? ERR_STATE : store_sign_key_get(a->store, id, public_key);

	if (e == 0)
		json_object_set_new(keys, id, json_string(public_key));
	return e;
}

/* What followed, up to the last of it that is signed. */
static int collect_after(struct arsd *a, int64_t number, struct evidence_link *after, size_t *count)
{
	size_t last = 0;

	for (size_t i = 0; i < EVIDENCE_AFTER_MAX; i++) {
		int e = store_chain_at(a->store, number + 1 + (int64_t)i, &other);

		if (e == ERR_NOT_FOUND)
			break;
		if (e < 0)
			return e;
		after[i] = evidence_of(&other);
		if (after[i].key[0] != '\0')
			last = i + 1;
	}
	*count = last;
	return 0;
}

int consents_bundle(struct arsd *a, const struct consent_link *l, char **text)
{
	static struct evidence_link after[EVIDENCE_AFTER_MAX];
	struct evidence_link own = evidence_of(l), before = { .number = 0 };
	struct evidence_parts p = { .record = l->record, .link = &own, .after = after, .keys = json_object() };
	int e = p.keys == NULL ? ERR_NOMEM : l->record[0] == '\0' ? ERR_CRYPTO : add_key(a, p.keys, l->key);

	if (e == 0 && l->number > 1) {
		e = store_chain_at(a->store, l->number - 1, &other);
		before = evidence_of(&other);
		p.before = &before;
		if (e == 0)
			e = add_key(a, p.keys, before.key);
	}
	if (e == 0)
		e = collect_after(a, l->number, after, &p.after_count);
	if (e == 0 && p.after_count > 0)
		e = add_key(a, p.keys, after[p.after_count - 1].key);
	if (e == 0)
		return evidence_bundle_make(&p, text);
	json_decref(p.keys);
	return e;
}
