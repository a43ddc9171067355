/* carrier.h: the carrier's switch of the sandbox: spans to an appliance, phones that call over them, and the control
 * socket that dials. One thread does all of it; only prompts.c has another. */
#ifndef CARRIER_CARRIER_H
#define CARRIER_CARRIER_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers-glue/pri.h"
#include "drivers-glue/trunk.h"
#include "dsp/analog.h"
#include "dsp/dsp.h"
#include "json/json.h"
#include "sandbox/carrier/pace.h"
#include "sandbox/carrier/prompts.h"

struct carrier;
struct control_conn;
struct phone;
struct span;

/* A descriptor in the loop of main.c. */
struct watch { int fd; void (*ready)(void *context, uint32_t events); void *context; };
int watch_set(struct carrier *c, struct watch *w, int fd, uint32_t events) MUST_CHECK;   /* fd -1: not any more */

enum { SPANS_MAX = 64 };
struct carrier {
	struct span *spans[SPANS_MAX];
	int span_count;
	struct prompts *prompts;
	struct pace pace;
	struct control *control;
	int epoll_fd, phones;
	bool quit;
};

/* ---- span.c ---- */
/* card_counts: what the driver's end of a card has counted, by enum trunk_count: sound that was lost on this side of the line. */
struct span_stats { uint64_t ticks, answers, lost_ticks, lost_frames, broken, card_counts[TRUNK_COUNTS]; struct late answer; };
/* card: the driver's number of a DAHDI span, whose kernel is then the clock; 0: a software trunk at path. line ANALOG: channels 1 to
 * line_count, whose numbers count up from first_number, and how the exchange tells who calls. */
struct span_config {
	char name[32], path[108], first_number[PRI_NUMBER_SIZE];
	int card, line_count;
	enum trunk_line line;
	enum trunk_law law;
	enum caller_id_kind caller_id;
};
int span_new(struct carrier *c, const struct span_config *config, struct span **s) MUST_CHECK;
void span_free(struct span **s);
void span_tick(struct span *s);
/* Whether a tick that was sent has not been answered. */
bool span_awaits(const struct span *s);
/* Takes it as lost: the appliance does not answer. */
void span_give_up(struct span *s);
const struct span_config *span_get_config(const struct span *s);
/* NULL: analog lines have none. */
struct pri_port *span_get_port(struct span *s);
struct carrier *span_get_carrier(struct span *s);
uint64_t span_line_ms(const struct span *s);          /* the line's own time */
bool span_connected(const struct span *s);
bool span_up(const struct span *s);
int span_calls(const struct span *s);
/* A slot for a call to that number, 0: none. An analog line is one number's own. */
int span_free_slot(const struct span *s, const char *called);
/* Places the phone's call; on analog lines *call stays NULL. */
int span_dial(struct span *s, struct phone *p, const struct pri_setup *setup, struct pri_call **call) MUST_CHECK;
void span_hang_up(struct span *s, int slot, struct pri_call *call, int cause);
void span_seat(struct span *s, int slot, struct phone *p);    /* NULL: the slot is free again */
struct phone *span_phone(const struct span *s, int slot);
/* Off: D-channel frames are lost both ways, until it is switched on or for_ms have passed (0: for good). */
void span_set_dchannel(struct span *s, bool on, int for_ms);
/* False: a card's alarms are its line's own. */
bool span_set_alarms(struct span *s, uint32_t alarms) MUST_CHECK;
uint32_t span_get_alarms(const struct span *s);
void span_get_stats(struct span *s, struct span_stats *out);
void span_reset_stats(struct span *s);

/* ---- phone.c ---- */
enum { PHONE_ID_SIZE = 64, PHONE_KEYS_MAX = 128, PHONE_STEPS_MAX = 128, PHONE_HEAR_MAX = 8 };

/* One step: hear one of these (none: go on at once), wait after_ms of line time, then press or hang up or neither. */
struct phone_step {
	const char *hear[PHONE_HEAR_MAX];     /* borrowed from phone_spec.command */
	int hear_count, after_ms, cause;
	const char *keys;
	bool secret, hangup;
};

struct phone_spec {
	char id[PHONE_ID_SIZE];
	struct pri_setup setup;
	bool clears_by_tone;                  /* analog lines: its hang-up is told by the busy tone, not by the battery */
	int on_ms, off_ms, low_dbm0, high_dbm0, noise_dbm0, timeout_s;
	struct phone_step steps[PHONE_STEPS_MAX];
	int step_count;
	json_t *command;                      /* what the steps borrow from; the phone keeps a reference */
	struct control_conn *owner;           /* hears of it, beside the subscribers */
};

/* Seats a phone at spec's slot; it dials once the newest prompts are known. Copies what it needs. */
int phone_new(struct span *s, const struct phone_spec *spec) MUST_CHECK;
void phone_free(struct phone *p);                                     /* without a word */
const char *phone_id(const struct phone *p);
struct control_conn *phone_owner(const struct phone *p);
int phone_press(struct phone *p, const char *keys, bool secret) MUST_CHECK;      /* ERR_TOO_LONG: too many wait already */
void phone_hangup(struct phone *p, int cause);
void phone_forget_owner(struct phone *p);                             /* its connection went: it hangs up */
/* Each tick: the phone acts, and says something over the idle octets it is given. It may be gone afterwards. */
void phone_speak(struct phone *p, uint8_t octets[TRUNK_BLOCK]);
void phone_line_lost(struct phone *p);                                /* it may be gone afterwards */
void phone_hear(struct phone *p, const uint8_t octets[TRUNK_BLOCK]);
void phone_call_event(struct phone *p, const struct pri_event *e);

/* ---- control.c, command.c ---- */
int control_open(struct carrier *c, const char *path, struct control **control) MUST_CHECK;
void control_free(struct control **control);
/* Sends to owner (may be NULL) and to every subscriber; takes the reference. */
void control_event(struct carrier *c, struct control_conn *owner, json_t *event);
void control_subscribe(struct control_conn *conn);
void control_flush(struct carrier *c);                                /* before the program ends */
/* Runs one line of a connection; returns the answer, a new reference. */
json_t *command_run(struct carrier *c, struct control_conn *conn, const char *line, size_t len);

#endif
