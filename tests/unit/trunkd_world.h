/* trunkd_world.h: the world around one real trunkd process: a carrier with phones on a software trunk, an arsd and a
 * keystored, all on the test's one thread. Prompts are files of one constant octet each, so a phone hears which one plays.
 * A tick comes every
 * millisecond once the last was answered. */
#ifndef TEST_TRUNKD_WORLD_H
#define TEST_TRUNKD_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "drivers-glue/pri.h"
#include "dsp/dsp.h"
#include "ipc/callctl.h"
#include "ipc/keypad.h"
#include "lib/clock.h"

enum { WORLD_NOTES = 1024, WORLD_FRAMES = 512, WORLD_WAIT_MS = 8000, WORLD_KEYS = 512 };

/* What arsd or keystored was told; metrics and states of spans are kept elsewhere. */
struct note { int type; uint64_t call; uint32_t number, a, b; char called[32], caller[32]; };
struct notes { struct note at[WORLD_NOTES]; int count; };

struct neighbour { char path[128]; int listen_fd; struct ipc_conn *conn; bool greeted; uint64_t boot; };

struct world_phone {
	struct pri_call *call;
	bool proceeding, connected, ended, by_far_end, by_line;
	int cause, heard;                     /* heard: linear value of the last block's sound, 0: silence */
	int silent_blocks;                    /* since the last sound */
	struct dtmf_tx keys;
};

struct world {
	char dir[64], span_path[128];
	pid_t trunkd;
	enum trunk_line line;
	enum trunk_law law;
	struct soft_carrier *carrier;
	struct pri_port *port;
	bool line_up, owed;                   /* owed: a tick is not answered yet */
	uint64_t tick, answered;
	struct mono next_tick;
	struct trunk_frame frames[WORLD_FRAMES];
	int frame_first, frame_count;
	struct world_phone phones[TRUNK_SLOTS];
	struct neighbour arsd, keystored;
	struct notes told_arsd, told_keystored;
	struct callctl_span_state span;
	struct callctl_span_bin bin;
	struct callctl_span_pri pri;
	struct callctl_trace_frame trace[WORLD_NOTES];
	int trace_count;
	bool trace_ended, trace_found;
	char metrics[32768];
};

/* settings: more members of the trunkd group. Both neighbours listen, the carrier too; trunkd runs and its span is up. */
struct world *world_start(enum trunk_line line, const char *settings);
/* The same with a carrier of any dialect and side; of_span: more members of the span. */
struct world *world_start_as(const struct pri_port_config *port, const char *of_span, const char *settings);
/* Ends trunkd by SIGTERM unless it has ended; it must exit with 0. */
void world_end(struct world **w);

void world_turn(struct world *w);
void world_pass(struct world *w, int ms);
int64_t world_now_ms(void);
#define WORLD_UNTIL(w, condition) \
	do { \
		for (int64_t until_ = world_now_ms() + WORLD_WAIT_MS; !(condition) && world_now_ms() < until_;) \
			world_turn(w); \
		if (!(condition)) \
			fail_msg("never came: %s", #condition); \
	} while (0)

/* ---- the carrier ---- */
void world_carrier_up(struct world *w);
void world_carrier_down(struct world *w);
struct world_phone *world_dial(struct world *w, int slot, const char *caller, const char *called);
void world_press(struct world_phone *p, const char *keys);
void world_hang_up(struct world_phone *p);

/* ---- neighbours ---- */
void neighbour_listen(struct neighbour *n);
void neighbour_die(struct neighbour *n);
void world_arsd(struct world *w, const struct callctl_msg *m);
void world_keystored(struct world *w, const struct keypad_msg *m);
/* The nth (from 0) note of a type; NULL: not yet. call 0: any. */
const struct note *note_find(const struct notes *n, int type, uint64_t call, int nth);
int note_count(const struct notes *n, int type, uint64_t call);
#define ARSD(w) (&(w)->told_arsd)
#define KEYSTORED(w) (&(w)->told_keystored)
/* What arsd was told of the call's end; NULL: nothing yet. */
const struct note *world_ended(struct world *w, uint64_t call);
/* The keys that keystored got for a call's field, in order. */
const char *world_secret(const struct world *w, uint64_t call, uint32_t field);

/* ---- short forms ---- */
/* A linear value, within a tenth. */
bool world_near(int value, int want);
void world_answer(struct world *w, uint64_t call);
void world_hangup(struct world *w, uint64_t call, int cause);
/* "music" plays in a loop. */
void world_play(struct world *w, uint64_t call, uint32_t play, const char *items, enum callctl_collect collect, uint32_t field);
/* A call from dialling to audio both ways; its number. */
uint64_t world_call(struct world *w, int slot);

#endif
