#include "tests/unit/apid_asking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

const struct route *route;
struct api_msg msg;
struct problem problem;

int take(struct intake in)
{
	memset(&problem, 0, sizeof(problem));
	if (in.listener == 0)
		in.listener = LISTENER_MERCHANT;
	if (in.query == NULL)
		in.query = "";
	return intake_read(&in, &route, &msg, &problem);
}

int post(const char *path, const char *body)
{
	return take((struct intake){ .method = "POST", .path = path, .authorization = "Bearer key-1",
	                             .content_type = "application/json; charset=utf-8", .idempotency_key = "abc-1",
	                             .body = (const uint8_t *)body, .len = strlen(body) });
}

void assert_refused(int status, const char *code, const char *field)
{
	assert_int_equal(problem.status, status);
	assert_string_equal(problem.code, code);
	assert_string_equal(problem.field, field);
	assert_true(problem.detail[0] != '\0');
}
