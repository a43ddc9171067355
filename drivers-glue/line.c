/* line.c: hands everything on to the kind of signalling. */
#include "drivers-glue/line.h"

void line_port_free(struct line_port **p)
{
	if (*p == NULL)
		return;
	(*p)->ops->free(*p);
	*p = NULL;
}

void line_port_receive(struct line_port *p, const uint8_t *octets, size_t len) { p->ops->receive(p, octets, len); }
int line_port_run(struct line_port *p) { return p->ops->run(p); }
void line_port_line(struct line_port *p, bool up) { p->ops->line(p, up); }
void line_port_hang_up(struct line_port *p, int slot, int cause) { p->ops->hang_up(p, slot, cause); }

int line_port_answer(struct line_port *p, int slot)
{
	return slot >= 0 && slot < TRUNK_SLOTS ? p->ops->answer(p, slot) : ERR_STATE;
}
