#include "apid/routes.h"

#include <stdio.h>
#include <string.h>

static const struct route routes[] = {
	{ LISTENER_MERCHANT, "POST", "/v1/registrations", NULL, BODY_REQUIRED, api_type_registration_create },
	{ LISTENER_MERCHANT, "GET", "/v1/registrations/{id}", "reg_", BODY_NONE, api_type_registration_get },
	{ LISTENER_MERCHANT, "POST", "/v1/payments", NULL, BODY_REQUIRED, api_type_payment_create },
	{ LISTENER_MERCHANT, "GET", "/v1/payments/{id}", "pay_", BODY_NONE, api_type_payment_get },
	{ LISTENER_MERCHANT, "GET", "/v1/billing-keys/{id}", "bk_", BODY_NONE, api_type_billing_key_get },
	{ LISTENER_MERCHANT, "DELETE", "/v1/billing-keys/{id}", "bk_", BODY_OPTIONAL, api_type_billing_key_delete },
	{ LISTENER_MERCHANT, "GET", "/v1/calls/{id}", "call_", BODY_NONE, api_type_call_get },
	{ LISTENER_MERCHANT | LISTENER_ADMIN, "GET", "/healthz", NULL, BODY_NONE, api_type_health },
	{ LISTENER_ADMIN, "GET", "/metrics", NULL, BODY_NONE, api_type_metrics_get },
};

static const char id_mark[] = "{id}";

/* Does path have the route's form? *id points at its last segment, or at "". */
static bool has_form(const struct route *r, const char *path, const char **id)
{
	size_t fixed = strlen(r->path);

	*id = "";
	if (r->id_prefix == NULL)
		return strcmp(r->path, path) == 0;
	fixed -= strlen(id_mark);
	if (strncmp(r->path, path, fixed) != 0 || path[fixed] == '\0' || strchr(path + fixed, '/') != NULL)
		return false;
	*id = path + fixed;
	return true;
}

/* The Allow header of a path: few enough paths have two methods to have them written out. */
static const char *methods_of(enum listener l, const char *path)
{
	bool gets = false, posts = false, deletes = false;
	const char *id;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!(routes[i].listeners & l) || !has_form(&routes[i], path, &id))
			continue;
		gets = gets || strcmp(routes[i].method, "GET") == 0;
		posts = posts || strcmp(routes[i].method, "POST") == 0;
		deletes = deletes || strcmp(routes[i].method, "DELETE") == 0;
	}
	if (gets && deletes)
		return "GET, HEAD, DELETE";
	return gets ? "GET, HEAD" : posts ? "POST" : NULL;
}

int route_find(enum listener l, const char *method, const char *path, const struct route **route, char id[ID_SIZE],
               struct problem *problem)
{
	const char *allow, *found;

	/* The HTTP server leaves the body out (RFC 9110 9.3.2). */
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct route *r = &routes[i];

		if (!(r->listeners & l) || strcmp(r->method, method) != 0 || !has_form(r, path, &found))
			continue;
		/* An id that was never given out is as unknown as its path. */
		if (r->id_prefix != NULL && !id_has_form(found, r->id_prefix)) {
			*problem = problem_make(404, "not_found", "", "There is nothing of this id.");
			return ERR_INVALID;
		}
		snprintf(id, ID_SIZE, "%s", found);
		*route = r;
		return 0;
	}
	allow = methods_of(l, path);
	if (allow == NULL) {
		*problem = problem_make(404, "not_found", "", "There is no such path.");
	} else {
		*problem = problem_make(405, "method_not_allowed", "", "This path does not take this method.");
		problem->allow = allow;
	}
	return ERR_INVALID;
}
