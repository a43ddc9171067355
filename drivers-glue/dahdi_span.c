#include "drivers-glue/dahdi_span.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <dahdi/user.h>

#include "drivers-glue/dahdi_chan.h"
#include "drivers-glue/dahdi_sys.h"

/* trunk.h's bits are DAHDI's. */
_Static_assert((int)TRUNK_ALARM_RECOVER == (int)DAHDI_ALARM_RECOVER && (int)TRUNK_ALARM_LOOPBACK == (int)DAHDI_ALARM_LOOPBACK &&
               (int)TRUNK_ALARM_YELLOW == (int)DAHDI_ALARM_YELLOW && (int)TRUNK_ALARM_RED == (int)DAHDI_ALARM_RED &&
               (int)TRUNK_ALARM_BLUE == (int)DAHDI_ALARM_BLUE && (int)TRUNK_ALARM_NOTOPEN == (int)DAHDI_ALARM_NOTOPEN, "alarms");

/* Channels of a span have consecutive numbers, so among this many in a row one of an E1 or T1 is met. */
enum { STRIDE = 24 };

int dahdi_span_open_control(int *fd)
{
	int opened = dahdi_sys->open("/dev/dahdi/ctl");

	if (opened < 0)
		return dahdi_error(errno);
	*fd = opened;
	return 0;
}

int dahdi_span_stat(int control_fd, int span, struct dahdi_spaninfo *out)
{
	memset(out, 0, sizeof(*out));            /* the driver leaves out what it does not know */
	out->spanno = span;
	return dahdi_sys->ioctl(control_fd, DAHDI_SPANSTAT, out) == 0 ? 0 : dahdi_error(errno);
}

static bool channel(int control_fd, int channo, struct dahdi_params *out)
{
	memset(out, 0, sizeof(*out));
	out->channo = channo;
	return dahdi_sys->ioctl(control_fd, DAHDI_GET_PARAMS, out) == 0;
}

int dahdi_span_find_base(int control_fd, int span, int *base)
{
	struct dahdi_params p;

	for (int n = 1; n < DAHDI_MAX_CHANNELS; n += STRIDE) {
		if (!channel(control_fd, n, &p) || p.spanno != span || p.chanpos < 1 || p.chanpos > n)
			continue;
		*base = n - p.chanpos + 1;
		return 0;
	}
	return ERR_NOT_FOUND;
}

static enum trunk_fault check_slot(int control_fd, int span, int base, int slot, bool bearer)
{
	struct dahdi_params p;

	if (!channel(control_fd, base + slot - 1, &p) || p.spanno != span || p.chanpos != slot)
		return TRUNK_FAULT_LINE;
	if (p.sigtype == DAHDI_SIG_NONE)
		return TRUNK_FAULT_UNCONFIGURED;
	if (bearer)
		return p.sigtype == DAHDI_SIG_CLEAR ? TRUNK_FAULT_NONE : TRUNK_FAULT_BEARER;
	return p.sigtype == DAHDI_SIG_HDLCFCS || p.sigtype == DAHDI_SIG_HARDHDLC ? TRUNK_FAULT_NONE : TRUNK_FAULT_DCHANNEL;
}

enum trunk_fault dahdi_span_check(int control_fd, const struct dahdi_spaninfo *info, enum trunk_line line, int base, int *slot)
{
	int last = line == TRUNK_E1 ? 31 : 24;

	*slot = 0;
	if (info->totalchans != last)
		return TRUNK_FAULT_LINE;
	for (int i = 1; i <= last; i++) {
		enum trunk_fault fault = check_slot(control_fd, info->spanno, base, i, trunk_slot_is_bearer(line, i));

		if (fault != TRUNK_FAULT_NONE) {
			*slot = i;
			return fault;
		}
	}
	return TRUNK_FAULT_NONE;
}

const char *dahdi_span_proc(int span, char *buf, size_t size)
{
	char path[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/dahdi/%d", span);
	n = dahdi_sys->slurp(path, buf, size - 1);
	if (n < 0)
		return NULL;
	buf[n] = '\0';
	return buf;
}

/* "\t<channel> <name> <signalling> ... (EC: MG2 - INACTIVE) ", one a channel, in the order of the span. */
uint32_t dahdi_span_without_echo(const char *proc)
{
	uint32_t without = 0;
	int slot = 0;

	for (const char *end; (end = strchr(proc, '\n')) != NULL; proc = end + 1) {
		const char *at = proc + strspn(proc, "\t "), *ec = strstr(proc, "(EC: ");

		if (proc[0] != '\t' || *at < '0' || *at > '9' || ++slot >= TRUNK_SLOTS)
			continue;
		if (ec == NULL || ec > end)
			without |= UINT32_C(1) << slot;
	}
	return without;
}
