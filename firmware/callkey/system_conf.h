/* system_conf.h: the /etc/dahdi/system.conf that the spans of callkey.cfg need, as text. Pure: it opens no file, asks no driver. */
#ifndef CALLKEY_SYSTEM_CONF_H
#define CALLKEY_SYSTEM_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* DAHDI's numbers of spans, DAHDI_MAX_SPANS; callkey.cfg's most spans; channels a driver can have in one span for us. */
enum { SYSTEM_CONF_SPAN_MAX = 128, SYSTEM_CONF_SPANS = 64, SYSTEM_CONF_NAME_SIZE = 32, SYSTEM_CONF_WHY_SIZE = 400 };

enum system_conf_line { SYSTEM_CONF_E1, SYSTEM_CONF_T1, SYSTEM_CONF_ANALOG };

/* Where the channels of a span are, by the driver. count 0: there is no such span now. */
struct system_conf_place { int first, count; };

struct system_conf_span {
	char name[SYSTEM_CONF_NAME_SIZE];
	int span;                             /* the driver's number, 1 to SYSTEM_CONF_SPAN_MAX */
	enum system_conf_line line;
	bool mulaw, network_side, echo;
	uint32_t lines;                       /* analog: channels of the span that are lines, as bits 1 to 31 */
	/* Of system_conf_place(): */
	struct system_conf_place place;
	bool told;                            /* by the driver; false: counted */
};

/* The channels in the text of /proc/dahdi/SPAN. ERR_INVALID: it is none, or they are not numbered in a row. */
int system_conf_read_proc(const char *text, struct system_conf_place *out) MUST_CHECK;

/* Sorts the spans by number and finds their channels. card[n]: span n by the driver. A span that the driver does not know
 * begins where the one before it ends. ERR_INVALID: two have one number, one cannot be counted, or the card differs; why. */
int system_conf_place(struct system_conf_span *spans, size_t count, const struct system_conf_place card[SYSTEM_CONF_SPAN_MAX + 1],
                      char why[SYSTEM_CONF_WHY_SIZE]) MUST_CHECK;

/* The file, malloc'd, the caller's. spans: placed. present: the file as it is, "" for none: what callkey.cfg has no setting for
 * is kept as it stands there: build-out, coding and crc4 of a span= line, hardhdlc= instead of dchan=, fxsls= instead of fxsks=. */
int system_conf_text(const struct system_conf_span *spans, size_t count, const char *present, char **text) MUST_CHECK;

#endif
