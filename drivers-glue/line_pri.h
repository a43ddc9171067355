/* line_pri.h: a D-channel as a line whose calls come in. */
#ifndef GLUE_LINE_PRI_H
#define GLUE_LINE_PRI_H

#include "drivers-glue/line.h"
#include "drivers-glue/pri.h"

int line_pri_new(const struct pri_port_config *config, const struct line_callbacks *cb, struct line_port **p) MUST_CHECK;
/* The port behind it, for what only Q.931 has. */
struct pri_port *line_pri_port(struct line_port *p);

#endif
