/* routes.h: which method on which path means which message to arsd. Pure. */
#ifndef APID_ROUTES_H
#define APID_ROUTES_H

#include "apid/problem.h"
#include "apid/query.h"
#include "ipc/api.h"
#include "json/json.h"
#include "lib/err.h"
#include "model/ids.h"

enum listener { LISTENER_MERCHANT = 1, LISTENER_ADMIN = 2 };
enum route_body { BODY_NONE, BODY_OPTIONAL, BODY_REQUIRED };

struct route {
	int listeners;                    /* of enum listener */
	const char *method, *path;        /* "{id}" in a path takes one segment there */
	const char *id_prefix;            /* of that id; NULL without one */
	enum route_body body;
	enum api_type type;
	/* Checks the body and fills the message, all but its head. A fault says where and why. NULL with BODY_NONE. */
	int (*read)(const json_t *body, struct api_msg *m, struct json_fault *fault);
	const struct query *query;        /* NULL: takes none */
};

/* Finds the route. id receives the path's id, "" without one. ERR_INVALID with problem: 404 for an unknown path or an
 * id that cannot be one, 405 with the methods that are allowed. */
int route_find(enum listener l, const char *method, const char *path, const struct route **route, char id[ID_SIZE],
               struct problem *problem) MUST_CHECK;

#endif
