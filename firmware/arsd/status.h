/* status.h: the appliance's own state, as people and programs read it. */
#ifndef ARSD_STATUS_H
#define ARSD_STATUS_H

#include "arsd/arsd.h"
#include "json/json.h"

/* A call with its timeline, of which no more is shown than an answer holds: then "timeline_cut" is true. */
json_t *status_call(struct arsd *a, const struct call_record *c);
/* Is this kind of line one of which a call may have very many? */
bool status_may_leave_out(const char *what);
/* {"processes":{..},"calls":n,"requests":{..},"version":".."} */
json_t *status_all(struct arsd *a);
json_t *status_trunks(const struct arsd *a);
/* {"status":"ok"|"degraded",...}: ok when calls can be taken and paid. */
json_t *status_health(const struct arsd *a, bool *ok);
/* The Prometheus text of arsd and of the neighbours; returns its length. */
size_t status_metrics(struct arsd *a, char *buf, size_t size);

#endif
