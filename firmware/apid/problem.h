/* problem.h: what went wrong, as RFC 9457 problem details. The code is the part of it that programs read: it stays. */
#ifndef APID_PROBLEM_H
#define APID_PROBLEM_H

#include <stdint.h>

enum { PROBLEM_CODE_SIZE = 48, PROBLEM_DETAIL_SIZE = 300, PROBLEM_FIELD_SIZE = 80 };

struct problem {
	uint16_t status;                          /* HTTP */
	char code[PROBLEM_CODE_SIZE];             /* "invalid_field" */
	char detail[PROBLEM_DETAIL_SIZE];         /* for the people who read it; never quotes the request */
	char field[PROBLEM_FIELD_SIZE];           /* JSON Pointer (RFC 6901) to the member at fault, or "" */
	const char *allow;                        /* 405: the methods that are; otherwise NULL */
	uint32_t retry_after_s;                   /* 0: no such header */
};

struct problem problem_make(uint16_t status, const char *code, const char *field, const char *detail);

/* The JSON text: type, title, status, code, detail, field (if any), request_id. NULL without memory; free() it. */
char *problem_print(const struct problem *p, const char *request_id);

#endif
