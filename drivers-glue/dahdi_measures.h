/* dahdi_measures.h: what a span's driver measures, and what it only seems to: a table by driver. Pure. Only for drivers-glue. */
#ifndef GLUE_DAHDI_MEASURES_H
#define GLUE_DAHDI_MEASURES_H

#include "drivers-glue/trunk.h"

struct dahdi_spaninfo;

/* Fills measured, measures, alarm_detail, crc4, clock_master and device. proc: the text of /proc/dahdi/SPAN, or NULL. */
void dahdi_measures_read(const struct dahdi_spaninfo *info, const char *proc, struct trunk_status *out);

#endif
