/* dahdi_span.h: one DAHDI span as the driver describes it: its state, where its channels begin, whether they are
 * configured as the line needs them. Functions neither allocate, lock nor log. Only for drivers-glue. */
#ifndef GLUE_DAHDI_SPAN_H
#define GLUE_DAHDI_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"

struct dahdi_spaninfo;

/* Opens /dev/dahdi/ctl. Errors as dahdi_chan_open_audio(). */
int dahdi_span_open_control(int *fd) MUST_CHECK;
/* ERR_NOT_FOUND: there is no span of that number now; numbers have holes. */
int dahdi_span_stat(int control_fd, int span, struct dahdi_spaninfo *out) MUST_CHECK;
/* Finds the channel number of timeslot 1. */
int dahdi_span_find_base(int control_fd, int span, int *base) MUST_CHECK;
/* Holds the span's channels against the line. TRUNK_FAULT_NONE: all fit; else *slot is the timeslot that does not. */
enum trunk_fault dahdi_span_check(int control_fd, const struct dahdi_spaninfo *info, enum trunk_line line, int base, int *slot);
/* The beginning of /proc/dahdi/SPAN, which has what no ioctl tells; NULL when it cannot be read. The control thread's. */
const char *dahdi_span_proc(int span, char *buf, size_t size);
/* The channels that /proc/dahdi/SPAN lists without an echo canceller, as bits by their place in the span: DAHDI_ECHOCANCEL does
 * nothing for them, and says that it did. Lines that are cut off are not judged. */
uint32_t dahdi_span_without_echo(const char *proc);

#endif
