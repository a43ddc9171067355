/* reply.h: answers of the world's HTTP servers: JSON, now or later, or none at all. */
#ifndef WORLD_REPLY_H
#define WORLD_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "json/json.h"
#include "lib/err.h"
#include "loop/loop.h"
#include "sandbox/world/behaviour.h"

/* nginx in front takes this status for "close the connection without a word" (nginx.conf.in). */
enum { REPLY_DROP = 599, REPLY_PATH_SIZE = 512 };

struct reply_desk;                   /* the answers that wait */
int reply_desk_new(struct loop *l, struct reply_desk **d) MUST_CHECK;
/* Answers what still waits as dropped. Before loop_free(). */
void reply_desk_free(struct reply_desk **d);

/* Takes body over; NULL is a 503. */
void reply_json(struct http_request *r, int status, json_t *body);
/* {"result": word} and, unless why is NULL, its "message". */
void reply_word(struct http_request *r, int status, const char *word, const char *why);
/* Answers a request for which nothing is done, as a mode with behaviour_is_before() says. */
void reply_before(struct reply_desk *d, struct http_request *r, const struct behaviour *b);
/* Answers with body (taken over) as b says: at once, late, in part or not at all. */
void reply_after(struct reply_desk *d, struct http_request *r, const struct behaviour *b, int status, json_t *body);

/* A parameter of a raw query, percent-decoded. False: absent or too long. */
bool reply_query(const char *query, const char *name, char *out, size_t size);
/* The bearer secret of a request is this one. */
bool reply_bearer_is(const struct http_request *r, const char *secret);
/* The body as a strict JSON object; answers with a 400 by itself on failure. */
json_t *reply_body(struct http_request *r);

#endif
