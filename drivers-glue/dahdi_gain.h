/* dahdi_gain.h: tables that make companded audio louder or softer, as DAHDI_SETGAINS takes them. Pure. */
#ifndef GLUE_DAHDI_GAIN_H
#define GLUE_DAHDI_GAIN_H

#include <stdint.h>

#include "drivers-glue/trunk.h"

enum { DAHDI_GAIN_DB_MAX = 24 };

/* table[octet] is the octet that sounds db louder (softer when negative), clipped at the law's end. db 0: itself. */
void dahdi_gain_table(enum trunk_law law, int db, uint8_t table[256]);

#endif
