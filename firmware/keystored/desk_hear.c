#include "keystored/desk_priv.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lib/secret.h"

enum { FRAMES_A_TURN = 256 };                    /* of one peer, before the other has its turn */

struct calls_now desk_now(void)
{
	time_t s = (time_t)(clock_wall().ms / 1000);
	struct tm tm;

	localtime_r(&s, &tm);
	return (struct calls_now){ clock_mono(), tm.tm_year + 1900, tm.tm_mon + 1 };
}

void desk_drop(struct desk *d, struct door *door, const char *why)
{
	bool greeted = door->greeted;

	log_warn("peer_gone", "peer=%s why=\"%s\"", door->name, why);
	ipc_conn_free(&door->conn);
	door->greeted = door->broken = door->watches_write = false;
	metrics_set(d->meters, door->up, 0);
	if (!greeted)
		return;
	if (door == &d->keypad)
		calls_reset(d->calls);
	else if (door == &d->vault)
		calls_wipe_all(d->calls);
	else
		keyctl_gone(d->keyctl);
}

static int break_off(struct desk *d, struct door *door, const char *why)
{
	metrics_add(d->meters, METERS_BAD_FRAMES, 1);
	desk_drop(d, door, why);
	return ERR_INVALID;
}

static int greet(struct desk *d, struct door *door, uint32_t version)
{
	uint32_t ours = door == &d->keypad ? KEYPAD_VERSION : door == &d->vault ? VAULT_VERSION : KEYCTL_VERSION;

	if (door->greeted || version != ours)
		return break_off(d, door, door->greeted ? "a second hello" : "it speaks another version");
	door->greeted = true;
	metrics_set(d->meters, door->up, 1);
	log_info("peer_up", "peer=%s", door->name);
	if (door == &d->vault)
		desk_tell_all(d);
	return 0;
}

/* ERR_INVALID: the peer is gone. */
static int on_keypad(struct desk *d, size_t len)
{
	struct keypad_msg *m = &d->scratch->keypad;
	struct calls_now t = desk_now();

	if (keypad_decode(m, d->scratch->frame, len) < 0)
		return break_off(d, &d->keypad, "a frame that cannot be decoded");
	if (m->type == keypad_type_hello)
		return greet(d, &d->keypad, m->u.hello.version);
	if (!d->keypad.greeted)
		return break_off(d, &d->keypad, "no hello");
	switch (m->type) {
	case keypad_type_call_begin: calls_begin(d->calls, m->u.call_begin.call, &t); break;
	case keypad_type_key: calls_key(d->calls, m->u.key.call, m->u.key.field, (char)m->u.key.key, &t); break;
	case keypad_type_key_timeout: calls_timeout(d->calls, m->u.key_timeout.call, m->u.key_timeout.field, &t); break;
	case keypad_type_call_end: calls_end(d->calls, m->u.call_end.call); break;
	case keypad_type_reset: calls_reset(d->calls); break;
	default: return break_off(d, &d->keypad, "a message that only keystored sends");
	}
	return 0;
}

static void seal(struct desk *d, const struct vault_seal *ask, const struct calls_now *t)
{
	struct calls_record r = { NULL, NULL, NULL, NULL };
	enum vault_status status = calls_record(d->calls, ask->call, t, &r);
	struct vault_sealed *out = &d->vault_out.u.sealed;

	if (status == VAULT_OK && !budget_take(&d->seals, t->mono))
		status = VAULT_BUSY;
	d->vault_out.type = vault_type_sealed;
	seal_make(d->seal, ask, status, &r, clock_wall(), out);
	metrics_add(d->meters, (size_t)METERS_SEALED + out->status, 1);
	if (out->status != VAULT_OK && limit_pass(&d->log, t->mono))
		log_warn("seal_refused", "call=%" PRIu64 " status=%u", ask->call, out->status);
	desk_send_vault(d);
}

static void sign(struct desk *d, const struct vault_sign *ask, const struct calls_now *t)
{
	struct vault_signature *out = &d->vault_out.u.signature;

	d->vault_out.type = vault_type_signature;
	if (budget_take(&d->signatures, t->mono)) {
		signer_sign(d->signer, ask, out);
	} else {
		memset(out, 0, sizeof(*out));
		out->req = ask->req;
		out->status = VAULT_BUSY;
	}
	metrics_add(d->meters, out->status == VAULT_OK ? METERS_SIGNED : METERS_NOT_SIGNED, 1);
	if (out->status != VAULT_OK && limit_pass(&d->log, t->mono))
		log_warn("signature_refused", "caller=arsd status=%u", out->status);
	desk_send_vault(d);
}

static void column_key(struct desk *d, const struct vault_column_key *ask, const struct calls_now *t)
{
	struct vault_column_key_given *out = &d->vault_out.u.column_key_given;

	d->vault_out.type = vault_type_column_key_given;
	columns_key(d->columns, ask, t->mono, out);
	metrics_add(d->meters, out->status == VAULT_OK ? METERS_COLUMN_KEYS : METERS_NO_COLUMN_KEYS, 1);
	if (out->status == VAULT_OK)
		log_info("column_key", "caller=arsd what=%s version=%u", ask->wrapped.len == 0 ? "made" : "opened", out->version);
	else if (limit_pass(&d->log, t->mono))
		log_warn("column_key_refused", "caller=arsd status=%u version=%u", out->status, ask->version);
	desk_send_vault(d);
}

static int on_vault(struct desk *d, size_t len)
{
	struct vault_msg *m = &d->vault_in;
	struct calls_now t = desk_now();

	if (vault_decode(m, d->vault_frame, len) < 0)
		return break_off(d, &d->vault, "a frame that cannot be decoded");
	if (m->type == vault_type_hello)
		return greet(d, &d->vault, m->u.hello.version);
	if (!d->vault.greeted)
		return break_off(d, &d->vault, "no hello");
	switch (m->type) {
	case vault_type_field_open: calls_open(d->calls, &m->u.field_open, &t); break;
	case vault_type_field_close: calls_close(d->calls, m->u.field_close.call); break;
	case vault_type_seal: seal(d, &m->u.seal, &t); break;
	case vault_type_sign: sign(d, &m->u.sign, &t); break;
	case vault_type_column_key: column_key(d, &m->u.column_key, &t); break;
	case vault_type_wipe: calls_wipe(d->calls, m->u.wipe.call); break;
	default: return break_off(d, &d->vault, "a message that only keystored sends");
	}
	return 0;
}

static int on_officers(struct desk *d, size_t len)
{
	struct keyctl_msg *in = &d->scratch->keyctl_in, *out = &d->scratch->keyctl_out;

	if (keyctl_decode(in, d->scratch->frame, len) < 0)
		return break_off(d, &d->officers, "a frame that cannot be decoded");
	if (in->type == keyctl_type_hello)
		return greet(d, &d->officers, in->u.hello.version);
	if (!d->officers.greeted || in->type != keyctl_type_ask)
		return break_off(d, &d->officers, d->officers.greeted ? "a message that only keystored sends" : "no hello");
	out->type = keyctl_type_answer;
	keyctl_answer(d->keyctl, &in->u.ask, &out->u.answer);
	recipients_look(d->box->recipients, clock_wall());
	desk_sent(d, &d->officers, keyctl_send(d->officers.conn, out));
	desk_note_state(d);
	return 0;
}

static void read_keypad(struct desk *d)
{
	for (int i = 0; d->keypad.conn != NULL && i < FRAMES_A_TURN; i++) {
		int n = ipc_conn_recv(d->keypad.conn, d->scratch->frame), e;

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			desk_drop(d, &d->keypad, "it closed");
			return;
		}
		e = on_keypad(d, (size_t)n);
		secret_wipe(d->scratch->frame, (size_t)n);
		secret_wipe(&d->scratch->keypad, sizeof(d->scratch->keypad));
		if (e < 0)
			return;
	}
}

/* What arsd says is of a call that trunkd told both of us about: whatever trunkd said before is heard first. */
static void read_vault(struct desk *d)
{
	for (int i = 0; d->vault.conn != NULL && i < FRAMES_A_TURN; i++) {
		int n = ipc_conn_recv(d->vault.conn, d->vault_frame);

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			desk_drop(d, &d->vault, "it closed");
			return;
		}
		read_keypad(d);
		if (on_vault(d, (size_t)n) < 0)
			return;
	}
}

static void read_officers(struct desk *d)
{
	for (int i = 0; d->officers.conn != NULL && i < FRAMES_A_TURN; i++) {
		int n = ipc_conn_recv(d->officers.conn, d->scratch->frame), e;

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			desk_drop(d, &d->officers, "it closed");
			return;
		}
		e = on_officers(d, (size_t)n);
		secret_wipe(d->scratch->frame, (size_t)n);
		secret_wipe(&d->scratch->keyctl_in, sizeof(d->scratch->keyctl_in));
		secret_wipe(&d->scratch->keyctl_out, sizeof(d->scratch->keyctl_out));
		if (e < 0)
			return;
	}
}

void desk_read(struct desk *d, const struct door *door)
{
	if (door == &d->keypad)
		read_keypad(d);
	else if (door == &d->vault)
		read_vault(d);
	else
		read_officers(d);
}

void desk_say_hello(struct desk *d, struct door *door)
{
	struct keypad_msg keypad = { .type = keypad_type_hello, .u.hello = { KEYPAD_VERSION, d->boot } };
	struct keyctl_msg *keyctl = &d->scratch->keyctl_out;

	if (door == &d->keypad) {
		desk_sent(d, door, keypad_send(door->conn, &keypad));
	} else if (door == &d->vault) {
		d->vault_out.type = vault_type_hello;
		d->vault_out.u.hello = (struct vault_hello){ VAULT_VERSION, d->boot };
		desk_sent(d, door, vault_send(door->conn, &d->vault_out));
	} else {
		keyctl->type = keyctl_type_hello;
		keyctl->u.hello = (struct keyctl_hello){ KEYCTL_VERSION, d->boot };
		desk_sent(d, door, keyctl_send(door->conn, keyctl));
	}
}
