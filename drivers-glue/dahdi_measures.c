#include "drivers-glue/dahdi_measures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dahdi/user.h>

#define BIT(m) (UINT32_C(1) << (m))
#define FRAMER (BIT(TRUNK_CODE_VIOLATIONS) | BIT(TRUNK_CRC_ERRORS) | BIT(TRUNK_E_BITS) | BIT(TRUNK_FRAMING_ERRORS) | \
	BIT(TRUNK_BIT_ERRORS) | BIT(TRUNK_ERRORED_SECONDS) | BIT(TRUNK_SLIPS) | BIT(TRUNK_IRQ_MISSES))

/* Drivers of dahdi-linux 2.11 by how they name their spans; the first that fits. A driver that is not here measures nothing
 * that we know of. alarm_detail: it tells LOS, LFA and LMFA beside RED. */
static const struct driver {
	const char *prefix;
	uint32_t measured;
	bool alarm_detail, older_counters;            /* older: bpvcount and fascount instead of cvcount and fecount */
} drivers[] = {
	{ "TE", FRAMER, true, false },                /* wct4xxp; TE2/0/1 */
	{ "WCT13x/", FRAMER, false, false },          /* wcte13xp */
	{ "WCTE", FRAMER, false, false },             /* wcte43x; WCTE4/0/1 */
	{ "Tor2/", BIT(TRUNK_CODE_VIOLATIONS) | BIT(TRUNK_CRC_ERRORS) | BIT(TRUNK_E_BITS) | BIT(TRUNK_FRAMING_ERRORS), false, true },
	{ "WCT1/", BIT(TRUNK_IRQ_MISSES), false, false },       /* wcte12xp, wcte11xp, wct1xxp: their counters stand at 0 or -1 */
	{ "XBUS-", 0, false, false }, { "DYN/", 0, false, false },
};

static const struct driver *driver_of(const char *name)
{
	static const struct driver unknown = { "", 0, false, false };

	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (strncmp(name, drivers[i].prefix, strlen(drivers[i].prefix)) == 0)
			return &drivers[i];
	return &unknown;
}

static void set(struct trunk_status *out, enum trunk_measure which, uint32_t value)
{
	out->measures[which] = value;
	if (value == UINT32_MAX)                      /* a driver's way to say that it does not count this */
		out->measured &= ~BIT(which);
}

/* Slips stand in no ioctl; the line is left out while there are none. */
static uint32_t slips_of(const char *proc)
{
	const char *at = strstr(proc, "Timing slips:");

	return at != NULL ? (uint32_t)strtoul(at + strlen("Timing slips:"), NULL, 10) : 0;
}

static bool is_master(const char *proc)
{
	const char *end = strchr(proc, '\n'), *at = strstr(proc, " (MASTER)");

	return at != NULL && (end == NULL || at < end);
}

void dahdi_measures_read(const struct dahdi_spaninfo *info, const char *proc, struct trunk_status *out)
{
	const struct driver *d = driver_of(info->name);

	out->measured = d->measured;
	out->alarm_detail = d->alarm_detail;
	out->crc4 = (info->lineconfig & DAHDI_CONFIG_CRC4) != 0;
	out->clock_master = proc != NULL && is_master(proc);
	snprintf(out->device, sizeof(out->device), "%.*s", (int)sizeof(info->name), info->name);
	set(out, TRUNK_CODE_VIOLATIONS, d->older_counters ? (uint32_t)info->bpvcount : info->cvcount);
	set(out, TRUNK_FRAMING_ERRORS, d->older_counters ? (uint32_t)info->fascount : info->fecount);
	set(out, TRUNK_CRC_ERRORS, (uint32_t)info->crc4count);
	set(out, TRUNK_E_BITS, (uint32_t)info->ebitcount);
	set(out, TRUNK_BIT_ERRORS, info->becount);
	set(out, TRUNK_ERRORED_SECONDS, info->errsec);
	set(out, TRUNK_IRQ_MISSES, (uint32_t)info->irqmisses);
	set(out, TRUNK_SLIPS, proc != NULL ? slips_of(proc) : UINT32_MAX);
}
