#include "apid/intake.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "apid/client.h"

enum { BEARER_MAX = 95, IDEMPOTENCY_KEY_MAX = 300 };

static int refuse(struct problem *p, uint16_t status, const char *code, const char *detail)
{
	*p = problem_make(status, code, "", detail);
	return ERR_INVALID;
}

/* RFC 6750 2.1: the scheme without regard to case, then token68 characters. NULL if there is no such key. */
static const char *bearer_of(const char *authorization)
{
	static const char token68[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~+/=",
	    scheme[] = "Bearer ";
	size_t len;

	if (authorization == NULL || strncasecmp(authorization, scheme, strlen(scheme)) != 0)
		return NULL;
	authorization += strlen(scheme);
	authorization += strspn(authorization, " ");
	len = strlen(authorization);
	return len > 0 && len <= BEARER_MAX && strspn(authorization, token68) == len ? authorization : NULL;
}

/* "application/json", with or without parameters. */
static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t len = strlen(json);

	return content_type != NULL && strncasecmp(content_type, json, len) == 0 &&
	       (content_type[len] == '\0' || content_type[len] == ';' || content_type[len] == ' ');
}

static bool idempotency_key_is_good(const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < len; i++)
		if (key[i] < 0x21 || key[i] > 0x7e)
			return false;
	return len >= 1 && len <= IDEMPOTENCY_KEY_MAX;
}

static int check_headers(const struct intake *in, const struct route *r, struct problem *p)
{
	if (in->query[0] != '\0' && r->query == NULL)
		return refuse(p, 400, "invalid_query", "This path takes no query.");
	if (in->len > INTAKE_BODY_MAX)
		return refuse(p, 413, "body_too_large", "The body is larger than 16384 bytes.");
	if (r->body == BODY_NONE && in->len > 0)
		return refuse(p, 400, "unexpected_body", "This request takes no body.");
	if (in->len > 0 && !is_json(in->content_type))
		return refuse(p, 415, "unsupported_media_type", "The body must be application/json.");
	if (in->idempotency_key != NULL && !idempotency_key_is_good(in->idempotency_key))
		return refuse(p, 400, "invalid_idempotency_key", "Idempotency-Key must stand once, with 1 to 300 visible ASCII characters.");
	return 0;
}

static int read_body(const struct intake *in, const struct route *r, struct api_msg *m, struct problem *p)
{
	struct json_fault fault = { "", "" };
	json_t *body = NULL;
	/* One that may be left out and is, says nothing: what it would have had is at its default, as if it were empty. */
	bool left_out = in->len == 0 && r->body == BODY_OPTIONAL;
	int e;

	if (json_read_strict(left_out ? (const uint8_t *)"{}" : in->body, left_out ? 2 : in->len, &body, &fault) < 0) {
		*p = problem_make(400, "invalid_json", fault.where, fault.why);
		return ERR_INVALID;
	}
	e = r->read(body, m, &fault);
	json_decref(body);
	if (e < 0)
		*p = problem_make(422, "invalid_field", fault.where, fault.why);
	return e;
}

static int read_query(const struct intake *in, const struct route *r, struct api_msg *m, struct problem *p)
{
	struct json_fault fault = { "", "" };
	int e = r->query != NULL ? query_read(in->query, r->query, &m->u, &fault) : 0;

	if (e < 0)
		*p = problem_make(400, "invalid_query", fault.where, fault.why);
	return e;
}

/* What is put into every message. req is the server's. A certificate that cannot be passed on is not taken for none: who shows it
 * would be told that it was not shown. */
static int put_head(struct api_head *h, const struct intake *in, const char *bearer, const char *id, struct problem *p)
{
	snprintf(h->bearer, sizeof(h->bearer), "%s", bearer != NULL ? bearer : "");
	snprintf(h->idempotency_key, sizeof(h->idempotency_key), "%s", in->idempotency_key != NULL ? in->idempotency_key : "");
	snprintf(h->id, sizeof(h->id), "%s", id);
	client_address(in->client_address, h->client_address);
	if (client_certificate(in->client_certificate, h->client_certificate) < 0)
		return refuse(p, 400, "certificate_invalid", "The client certificate is larger than 4500 bytes.");
	return 0;
}

static bool needs_bearer(const struct route *r)
{
	return r->type != api_type_health && r->type != api_type_metrics_get;
}

int intake_read(const struct intake *in, const struct route **route, struct api_msg *message, struct problem *problem)
{
	const char *bearer = bearer_of(in->authorization);
	char id[ID_SIZE];
	int e = route_find(in->listener, in->method, in->path, route, id, problem);

	if (e < 0)
		return e;
	/* Before anything of the body is looked at. Whose key it is, and whether it is anybody's, arsd knows: what has no form is refused
	 * here, and costs nobody's rate. */
	if (needs_bearer(*route) && bearer == NULL)
		return refuse(problem, 401, "unauthorized", "Authorization must be: Bearer, and the API key.");
	e = check_headers(in, *route, problem);
	if (e < 0)
		return e;
	memset(message, 0, sizeof(*message));
	message->type = (*route)->type;
	e = read_query(in, *route, message, problem);
	if (e == 0 && (*route)->body != BODY_NONE)
		e = read_body(in, *route, message, problem);
	if (e < 0)
		return e;
	return put_head(&message->u.head, in, bearer, id, problem);
}
