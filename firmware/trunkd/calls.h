/* calls.h: all calls of all spans: what the line, arsd, keystored and the media threads do to them. It knows neither sockets nor
 * libpri: it acts through its ports, so a test can be the world. The control thread's.
 *
 * A secret key passes through here once, from the media thread's event to keystored's message, and is wiped. */
#ifndef TRUNKD_CALLS_H
#define TRUNKD_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/line.h"
#include "ipc/callctl.h"
#include "ipc/keypad.h"
#include "lib/clock.h"
#include "lib/metrics.h"
#include "trunkd/media.h"
#include "trunkd/prompts.h"
#include "trunkd/speech_cache.h"

struct calls;
struct call;

/* False: not delivered. The peer's loss is then told by calls_brain_lost() and the like, later and not from inside. */
struct calls_ports {
	bool (*to_arsd)(void *context, const struct callctl_msg *m);
	bool (*to_keystored)(void *context, const struct keypad_msg *m);
	bool (*to_media)(void *context, size_t span, const struct media_command *c);
	bool (*answer)(void *context, size_t span, int slot);
	void (*hang_up)(void *context, size_t span, int slot, int cause);
	void *context;
};

struct calls_config {
	size_t span_count;
	int no_brain_grace_ms;
	struct wall now;                  /* numbers of calls begin with it, so no two starts share one */
	const struct prompts *prompts;
	struct speech_cache *speech;
	struct metrics *metrics;
};

int calls_new(const struct calls_config *config, const struct calls_ports *ports, struct calls **c) MUST_CHECK;
/* Calls end without a word. Plays that are lent stay lent: media_free() gives them back. */
void calls_free(struct calls **c);

/* ---- the line. NULL: the call cannot be taken, the line is to refuse it. The result is the owner of the line's call. ---- */
uint64_t calls_number(const struct call *k);
struct call *calls_offered(struct calls *c, size_t span, const struct line_event *e, struct mono now);
void calls_connected(struct calls *c, struct call *k);
void calls_line_ended(struct calls *c, struct call *k, const struct line_event *e);

/* ---- arsd ---- */
void calls_brain_up(struct calls *c, struct mono now);
void calls_brain_lost(struct calls *c, struct mono now);
/* ERR_INVALID: not a message for a call, or one that breaks the protocol. */
int calls_from_arsd(struct calls *c, const struct callctl_msg *m) MUST_CHECK;

/* ---- keystored ---- */
void calls_keystore_up(struct calls *c);
void calls_field_closed(struct calls *c, const struct keypad_field_closed *m);

/* ---- the media thread. Takes the event's play and wipes the event. ---- */
void calls_media_event(struct calls *c, size_t span, struct media_event *e);

/* ---- time, and the end ---- */
void calls_tick(struct calls *c, struct mono now);
void calls_stop(struct calls *c);
/* Callers are waiting for arsd to be back. */
bool calls_wait_for_brain(const struct calls *c);
int calls_count(const struct calls *c);
int calls_busy(const struct calls *c, size_t span);

#endif
