#include "keystored/desk_priv.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/secret.h"

/* Watches the connection for writing while something waits in its queue. */
static void watch(struct desk *d, struct door *door)
{
	bool wants = ipc_conn_wants_write(door->conn);
	struct epoll_event ev = { .events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = &door->conn };

	if (wants == door->watches_write)
		return;
	door->watches_write = wants;
	if (epoll_ctl(d->epoll_fd, EPOLL_CTL_MOD, ipc_conn_fd(door->conn), &ev) != 0)
		door->broken = true;
}

void desk_sent(struct desk *d, struct door *door, int e)
{
	if (e < 0)
		metrics_add(d->meters, METERS_UNSENT, 1);
	if (e == ERR_CLOSED)
		door->broken = true;
	watch(d, door);
}

static bool is_there(struct desk *d, struct door *door)
{
	if (door->conn != NULL && door->greeted)
		return true;
	metrics_add(d->meters, METERS_UNSENT, 1);
	return false;
}

static void send_keypad(struct desk *d, const struct keypad_msg *m)
{
	if (is_there(d, &d->keypad))
		desk_sent(d, &d->keypad, keypad_send(d->keypad.conn, m));
}

void desk_send_vault(struct desk *d)
{
	if (is_there(d, &d->vault))
		desk_sent(d, &d->vault, vault_send(d->vault.conn, &d->vault_out));
	secret_wipe(&d->vault_out.u, sizeof(d->vault_out.u));
}

static void port_closed(void *context, uint64_t call, uint32_t field)
{
	send_keypad(context, &(struct keypad_msg){ .type = keypad_type_field_closed, .u.field_closed = { call, field } });
}

static void port_result(void *context, const struct vault_field_result *m)
{
	struct desk *d = context;

	d->vault_out.type = vault_type_field_result;
	d->vault_out.u.field_result = *m;
	desk_send_vault(d);
}

static void port_refused(void *context, uint64_t call, uint32_t field, enum vault_status status)
{
	struct desk *d = context;

	d->vault_out.type = vault_type_field_refused;
	d->vault_out.u.field_refused = (struct vault_field_refused){ call, field, (uint8_t)status };
	desk_send_vault(d);
}

struct calls_ports desk_ports(struct desk *d)
{
	return (struct calls_ports){ port_closed, port_result, port_refused, d };
}

void desk_send_metrics(struct desk *d)
{
	struct vault_metrics *m = &d->vault_out.u.metrics;

	meters_strongbox(d->meters, d->box);
	if (!d->vault.greeted)
		return;
	d->vault_out.type = vault_type_metrics;
	m->text.len = (uint32_t)metrics_print(d->meters, (char *)m->text.data, sizeof(m->text.data));
	desk_send_vault(d);
}

enum vault_keys_state desk_keys_state(const struct desk *d)
{
	if (keyring_is_ready(d->box->ring))
		return VAULT_KEYS_OPEN;
	return keyring_state(d->box->ring) == KEYRING_EMPTY ? VAULT_KEYS_EMPTY : VAULT_KEYS_LOCKED;
}

static void fill_gateway_key(const struct recipient *to, uint16_t left, struct vault_gateway_key *m)
{
	m->left = left;
	snprintf(m->gateway, sizeof(m->gateway), "%s", to->gateway);
	snprintf(m->usage, sizeof(m->usage), "%s", key_rule(to->usage)->word);
	snprintf(m->kid, sizeof(m->kid), "%s", to->kid);
	snprintf(m->why, sizeof(m->why), "%s", to->why);
	m->version = to->version;
}

/* Whether card data can be taken: arsd takes no call to a card step without. */
static void tell_state(struct desk *d)
{
	d->told = desk_keys_state(d);
	metrics_set(d->meters, METERS_KEYS_OPEN, d->told == VAULT_KEYS_OPEN);
	d->vault_out.type = vault_type_keys;
	d->vault_out.u.keys.state = (uint8_t)d->told;
	if (d->vault.greeted)
		desk_send_vault(d);
}

/* Whom card data can be sealed to. */
static void tell_gateways(struct desk *d)
{
	const struct recipients *r = d->box->recipients;
	size_t count = recipients_count(r);

	d->told_gateways = recipients_serial(r);
	for (size_t i = 0; d->vault.greeted && i < (count > 0 ? count : 1); i++) {
		struct vault_gateway_key *m = &d->vault_out.u.gateway_key;

		memset(m, 0, sizeof(*m));
		d->vault_out.type = vault_type_gateway_key;
		if (count > 0)
			fill_gateway_key(recipients_at(r, i), (uint16_t)(count - i - 1), m);
		desk_send_vault(d);
	}
}

static void tell_expiring(struct desk *d)
{
	d->vault_out.type = vault_type_keys_expiring;
	d->vault_out.u.keys_expiring = d->told_expiring;
	if (d->vault.greeted)
		desk_send_vault(d);
}

void desk_tell_all(struct desk *d)
{
	tell_state(d);
	tell_gateways(d);
	tell_expiring(d);
}

static void note_expiring(struct desk *d)
{
	struct vault_keys_expiring m;
	const struct key *first = NULL;
	size_t count = strongbox_expiring(d->box, &first);

	memset(&m, 0, sizeof(m));
	m.count = (uint16_t)count;
	if (first != NULL) {
		snprintf(m.name, sizeof(m.name), "%s", first->name);
		snprintf(m.kid, sizeof(m.kid), "%s", first->kid);
		m.version = first->version;
		m.until_ms = first->active_until.ms;
	}
	if (memcmp(&m, &d->told_expiring, sizeof(m)) == 0)
		return;
	d->told_expiring = m;
	tell_expiring(d);
}

void desk_note_state(struct desk *d)
{
	if (desk_keys_state(d) != d->told) {
		if (desk_keys_state(d) != VAULT_KEYS_OPEN)
			calls_wipe_all(d->calls);
		tell_state(d);
	}
	if (recipients_serial(d->box->recipients) != d->told_gateways)
		tell_gateways(d);
	note_expiring(d);
}
