#include "tests/unit/keystored_keypad.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct keypad keypad;

static void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void say(const char *fmt, ...)
{
	size_t len = strlen(keypad.said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(keypad.said + len, sizeof(keypad.said) - len, fmt, ap);
	va_end(ap);
}

static void on_closed(void *context, uint64_t call, uint32_t field)
{
	(void)context;
	say("closed %llu/%u ", (unsigned long long)call, field);
}

static void on_result(void *context, const struct vault_field_result *m)
{
	static const char *const words[] = { "?", "complete", "too_short", "invalid", "expired", "erased", "no_input" };

	(void)context;
	keypad.last = *m;
	say("%s %llu/%u ", words[m->result], (unsigned long long)m->call, m->field);
}

static void on_refused(void *context, uint64_t call, uint32_t field, enum vault_status status)
{
	(void)context;
	say("refused %llu/%u %d ", (unsigned long long)call, field, (int)status);
}

int keypad_set_up(void **state)
{
	const struct calls_ports ports = { on_closed, on_result, on_refused, NULL };
	char why[CONF_WHY_SIZE] = "";

	(void)state;
	memset(&keypad, 0, sizeof(keypad));
	keypad.now = (struct calls_now){ { 1000000000 }, 2026, 11 };
	meters_init(&keypad.meters);
	if (issuers_load("config/issuers.cfg", &keypad.issuers, why) < 0) {
		print_error("%s\n", why);
		return -1;
	}
	if (calls_new(PLACES, IDLE_MS, keypad.issuers, &keypad.meters, &ports, &keypad.calls) < 0)
		return -1;
	calls_begin(keypad.calls, CALL, &keypad.now);
	return 0;
}

int keypad_tear_down(void **state)
{
	(void)state;
	calls_free(&keypad.calls);
	issuers_free(&keypad.issuers);
	return 0;
}

void keypad_expect_said(const char *want)
{
	assert_string_equal(keypad.said, want);
	keypad.said[0] = '\0';
}

void keypad_open(uint32_t field, enum vault_kind kind, bool fresh)
{
	calls_open(keypad.calls, &(struct vault_field_open){ CALL, field, (uint8_t)kind, fresh }, &keypad.now);
}

void keypad_type(uint32_t field, const char *keys)
{
	for (; *keys != '\0'; keys++)
		calls_key(keypad.calls, CALL, field, *keys, &keypad.now);
}

void keypad_time_out(uint32_t field)
{
	calls_timeout(keypad.calls, CALL, field, &keypad.now);
}

int64_t keypad_meter(enum meters which)
{
	return keypad.meters.value[which];
}
