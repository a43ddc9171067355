/* prompts.h: every prompt the appliance may play, as octets of the spans' laws, and the libraries that recognise them.
 * Speech that the appliance makes for a request appears later: a thread of its own looks for it, so that ticks never
 * wait for a disk. All functions are for the main thread. */
#ifndef CARRIER_PROMPTS_H
#define CARRIER_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/dsp.h"
#include "lib/err.h"
#include "sandbox/carrier/recognise.h"

struct prompts_config {
	const char *prompts;          /* DIR/<language>/<normal|slow>/<id>.wav */
	const char *recordings;       /* or NULL: DIR/<language>/<id>.wav and <id>.slow.wav stand in for those */
	const char *speech;           /* or NULL: DIR/<64 hex>.<voice>.wav, id "speech:<64 hex>" */
	bool laws[2];                 /* by enum dsp_law: which are needed */
};

struct prompts;
/* Loads what is there, then starts the thread. Files that are no good are named in the log and left out. The strings of
 * config are borrowed. */
int prompts_open(const struct prompts_config *config, struct prompts **p) MUST_CHECK;
void prompts_free(struct prompts **p);

/* Has the speech directory looked through again; prompts_fresh() is true once a look that began later is over. */
uint64_t prompts_rescan(struct prompts *p);
bool prompts_fresh(struct prompts *p, uint64_t ticket);
/* The newest library; valid until the next call. */
struct rec_library *prompts_library(struct prompts *p, enum dsp_law law);
size_t prompts_count(struct prompts *p);

#endif
