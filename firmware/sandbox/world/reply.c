#include "sandbox/world/reply.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"

/* One answer that waits for its time. */
struct waiting {
	struct waiting *next, **link;
	struct loop_timer *timer;
	struct http_request *r;
	int status;
	char *text;                      /* NULL: dropped */
};

struct reply_desk { struct loop *loop; struct waiting *first; };

static const char media_type[] = "application/json";

int reply_desk_new(struct loop *l, struct reply_desk **d)
{
	struct reply_desk *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->loop = l;
	*d = made;
	return 0;
}

static void answer(struct http_request *r, int status, const char *text)
{
	http_reply(r, status, media_type, text, text != NULL ? strlen(text) : 0);
}

static void waiting_end(struct waiting *w)
{
	*w->link = w->next;
	if (w->next != NULL)
		w->next->link = w->link;
	answer(w->r, w->status, w->text);
	free(w->text);
	free(w);
}

static void on_due(void *context)
{
	waiting_end(context);
}

void reply_desk_free(struct reply_desk **d)
{
	struct waiting *w;

	if (*d == NULL)
		return;
	while ((w = (*d)->first) != NULL) {
		loop_timer_cancel(&w->timer);
		w->status = REPLY_DROP;
		waiting_end(w);
	}
	free(*d);
	*d = NULL;
}

/* Takes text over. */
static void answer_later(struct reply_desk *d, struct http_request *r, int64_t ms, int status, char *text)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (w == NULL || loop_timer_start(d->loop, ms, on_due, w, &w->timer) < 0) {
		free(w);
		answer(r, REPLY_DROP, NULL);
		free(text);
		return;
	}
	w->r = r;
	w->status = status;
	w->text = text;
	w->next = d->first;
	w->link = &d->first;
	if (w->next != NULL)
		w->next->link = &w->next;
	d->first = w;
}

void reply_json(struct http_request *r, int status, json_t *body)
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;

	json_decref(body);
	answer(r, text != NULL ? status : 503, text);
	free(text);
}

void reply_word(struct http_request *r, int status, const char *word, const char *why)
{
	reply_json(r, status, json_pack("{s:s, s:s*}", "result", word, "message", why));
}

void reply_before(struct reply_desk *d, struct http_request *r, const struct behaviour *b)
{
	switch (b->mode) {
	case BEHAVE_SILENCE_BEFORE:
	case BEHAVE_LATE:
		answer_later(d, r, b->delay_ms, REPLY_DROP, NULL);
		break;
	case BEHAVE_DIE:
		raise(SIGKILL);
		break;
	case BEHAVE_FAIL:
		reply_word(r, 503, "unavailable", "the sandbox was told to fail");
		break;
	case BEHAVE_REDIRECT:
		http_reply_header(r, "Location", http_path(r));
		answer(r, 307, NULL);
		break;
	default:
		answer(r, REPLY_DROP, NULL);
		break;
	}
}

void reply_after(struct reply_desk *d, struct http_request *r, const struct behaviour *b, int status, json_t *body)
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;

	json_decref(body);
	if (text == NULL)
		status = 503;
	switch (b->mode) {
	case BEHAVE_SLOW:
		answer_later(d, r, b->delay_ms, status, text);
		return;
	case BEHAVE_SILENCE_AFTER:
		free(text);
		answer_later(d, r, b->delay_ms, REPLY_DROP, NULL);
		return;
	case BEHAVE_FAIL_AFTER:
		reply_word(r, 502, "unavailable", "the sandbox was told to fail");
		break;
	case BEHAVE_DIE_AFTER:
		raise(SIGKILL);
		break;
	case BEHAVE_DROP_AFTER:
		answer(r, REPLY_DROP, NULL);
		break;
	case BEHAVE_GARBAGE:
		answer(r, status, "{\"result\":\"appr\xff\x01<html>");
		break;
	case BEHAVE_CUT:
		http_reply(r, status, media_type, text, text != NULL ? strlen(text) / 2 : 0);
		break;
	default:
		answer(r, status, text);
		break;
	}
	free(text);
}

/* ---- requests ---- */

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static bool decode(const char *from, size_t len, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = from[i] == '+' ? ' ' : from[i];

		if (from[i] == '%') {
			if (len - i < 3 || hex_digit(from[i + 1]) < 0 || hex_digit(from[i + 2]) < 0)
				return false;
			c = (char)(hex_digit(from[i + 1]) << 4 | hex_digit(from[i + 2]));
			i += 2;
		}
		if (c == '\0' || n + 1 >= size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

bool reply_query(const char *query, const char *name, char *out, size_t size)
{
	size_t name_len = strlen(name);

	for (const char *p = query; *p != '\0'; p += strcspn(p, "&"), p += *p == '&') {
		if (strncmp(p, name, name_len) == 0 && p[name_len] == '=')
			return decode(p + name_len + 1, strcspn(p + name_len + 1, "&"), out, size);
	}
	return false;
}

bool reply_bearer_is(const struct http_request *r, const char *secret)
{
	static const char scheme[] = "Bearer ";
	const char *given = http_header(r, "Authorization");
	size_t len = strlen(secret);

	if (given == NULL || strncmp(given, scheme, sizeof(scheme) - 1) != 0)
		return false;
	given += sizeof(scheme) - 1;
	return strlen(given) == len && secret_equal(given, secret, len);
}

json_t *reply_body(struct http_request *r)
{
	struct json_fault fault = { .why = "" };
	json_t *o = NULL;
	size_t len = 0;
	const uint8_t *text = http_body(r, &len);

	if (json_read_strict(text, len, &o, &fault) == 0)
		return o;
	reply_word(r, 400, "invalid", fault.why);
	return NULL;
}
