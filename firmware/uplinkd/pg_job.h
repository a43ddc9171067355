/* pg_job.h: what of a message to a gateway is kept until its answer, and what the gateway must be able to do for it. */
#ifndef UPLINKD_PG_JOB_H
#define UPLINKD_PG_JOB_H

#include "uplinkd/pg.h"

/* Fills job, but for what only its steps know, and the gateway's name: a string in m, "" for the first. Returns bits of enum
 * uplink_can, all of which it takes. */
unsigned pg_job_read(const struct uplink_msg *m, struct pg_job *job, const char **pg_name);

#endif
