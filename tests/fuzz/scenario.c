/* scenario.c: scenario files. One that is proven can be drawn, and walked with any keys without an end of its own making. */
#include <fcntl.h>

#include "arsd/scenario.h"
#include "tests/fuzz/fuzz.h"

FUZZ_FORGIVES_LIBCONFIG

enum { WALK = 200 };

static bool has(const char *id, void *context UNUSED) { return strncmp(id, "no.", 3) != 0; }
static void say(struct say *out UNUSED, const char *variable UNUSED, void *context UNUSED) { }
static void particle(struct say *out UNUSED, const char *variable UNUSED, enum say_particle p UNUSED, void *context UNUSED) { }
static bool holds(const char *condition, void *context) { return (strlen(condition) + *(unsigned *)context) % 2; }
static bool option(struct say *out UNUSED, const char *choice UNUSED, int n, void *context UNUSED) { return n < 3; }

static void walk(const struct scenario *s, const uint8_t *data, size_t size)
{
	unsigned turn = 0;
	const struct scenario_vars vars = { say, particle, holds, option, &turn };
	static struct scenario_effect out[SCENARIO_EFFECTS_MAX];
	struct scenario_event e = { .type = SCENARIO_START };
	struct scenario_run run;

	scenario_run_init(&run, s);
	for (; turn < WALK; turn++) {
		int n = scenario_step(&run, &e, &vars, out);
		uint8_t octet = size > 0 ? data[turn % size] : 0;

		FUZZ_CHECK(n >= 0 && n <= SCENARIO_EFFECTS_MAX);
		FUZZ_CHECK(scenario_step_id(&run) != NULL);
		e = (struct scenario_event){
			.type = (enum scenario_event_type)(SCENARIO_PLAYED + octet % SCENARIO_FAULT), .key = "0123456789*#"[octet % 12],
			.result = (enum vault_result)(octet % 6), .outcome = octet & 1 ? "ok" : "refused",
		};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct scenario_prompts prompts = { has, NULL };
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE] = "";
	static int null = -1;

	if (null < 0)
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (memmem(data, size, "@include", 8) != NULL)
		return 0;
	if (scenario_load(fuzz_file(data, size), &prompts, &s, why) < 0) {
		FUZZ_CHECK(s == NULL && why[0] != '\0' && memchr(why, 0, sizeof(why)) != NULL);
		return 0;
	}
	FUZZ_CHECK(scenario_print_dot(s, null) == 0);
	walk(s, data, size);
	scenario_free(&s);
	return 0;
}
