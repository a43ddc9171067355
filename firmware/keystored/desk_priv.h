/* desk_priv.h: what the parts of desk.h share: what leaves (desk_tell.c), what comes in (desk_hear.c), and the loop (desk.c). */
#ifndef KEYSTORED_DESK_PRIV_H
#define KEYSTORED_DESK_PRIV_H

#include <stdbool.h>

#include "ipc/keyctl.h"
#include "ipc/keypad.h"
#include "ipc/vault.h"
#include "keystored/budget.h"
#include "keystored/calls.h"
#include "keystored/desk.h"
#include "keystored/keyctl.h"
#include "keystored/limit.h"
#include "keystored/meters.h"

enum { KEYPAD_VERSION = 1, DOOR_PATH_SIZE = 108 + 8 };

/* One door and who stands in it. */
struct door {
	const char *name;                        /* of the peer */
	char path[DOOR_PATH_SIZE];
	int64_t uid;
	int listen_fd;
	struct ipc_conn *conn;
	bool greeted, broken, watches_write;
	struct mono since;
	enum meters up;
};

/* Digits and parts of the master key pass through here: locked. */
struct scratch { uint8_t frame[IPC_FRAME_MAX]; struct keypad_msg keypad; struct keyctl_msg keyctl_in, keyctl_out; };

struct desk {
	int epoll_fd, signal_fd;
	struct door keypad, vault, officers;
	struct scratch *scratch;
	uint8_t vault_frame[IPC_FRAME_MAX];
	struct vault_msg vault_in, vault_out;    /* 32 KB each: not for the stack */
	struct calls *calls;
	struct seal *seal;
	const struct signer *signer;
	struct columns *columns;
	struct budget seals, signatures;         /* arsd's */
	struct strongbox *box;
	struct keyctl *keyctl;
	enum vault_keys_state told;              /* to arsd, as the next two */
	unsigned told_gateways;
	struct vault_keys_expiring told_expiring;
	struct metrics *meters;
	uint64_t boot;
	struct mono next_tick;
	struct limit log;
	unsigned ticks;
	bool stop;
};

/* ---- desk_tell.c ---- */

/* After each send at a door: e is what it came to. Counts what was not sent; a peer that takes nothing is marked broken. */
void desk_sent(struct desk *d, struct door *door, int e);
/* Sends vault_out to arsd, if it is there, and wipes it. */
void desk_send_vault(struct desk *d);
/* Where the calls of the keypad say what became of a field. */
struct calls_ports desk_ports(struct desk *d);
void desk_send_metrics(struct desk *d);
/* Locked as well while the audit log cannot be written: no key is used then. */
enum vault_keys_state desk_keys_state(const struct desk *d);
/* Tells arsd, who has just come, of the keys, the gateways, and of what expires. */
void desk_tell_all(struct desk *d);
/* Tells arsd what has changed of that since; fields are wiped when the keys are gone. */
void desk_note_state(struct desk *d);

/* ---- desk_hear.c ---- */

struct calls_now desk_now(void);
/* Sends the peer home: its connection is closed, and what it had begun ends. */
void desk_drop(struct desk *d, struct door *door, const char *why);
/* The first frame at a door is ours. */
void desk_say_hello(struct desk *d, struct door *door);
/* Reads what waits at the door and acts on it. */
void desk_read(struct desk *d, const struct door *door);

#endif
