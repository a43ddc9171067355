/* scenario_tool.c: callkey-scenario: proves scenario files, or prints their Graphviz text and that of arsd's machines. For
 * operators who change a scenario, and for make docs. Needs no running appliance. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arsd/attempt.h"
#include "arsd/cancellation.h"
#include "arsd/payment.h"
#include "arsd/registration.h"
#include "arsd/scenario.h"

enum { LANGUAGES_MAX = 8, PATH_SIZE = 512 };

struct manifests { int count; struct manifest of[LANGUAGES_MAX]; };

static bool in_every_language(const char *id, void *context)
{
	const struct manifests *all = context;

	for (int i = 0; i < all->count; i++)
		if (manifest_find(&all->of[i], id) == NULL)
			return false;
	return true;
}

static int usage(void)
{
	fprintf(stderr, "usage: callkey-scenario check|dot [--prompts DIR] FILE...\n"
	                "       callkey-scenario machine registration|payment|attempt\n"
	                "  check    proves each file; prints FILE:LINE and the reason of the first fault\n"
	                "  dot      prints the picture of each file as Graphviz text\n"
	                "  machine  prints that of a state machine: of requests, or of an exchange with the PG\n"
	                "  DIR      holds LANGUAGE/manifest.cfg; config/prompts if not named\n");
	return 2;
}

static int draw_machine(const char *name)
{
	static const struct fsm *const machines[] = { &registration_fsm, &payment_fsm, &attempt_fsm, &cancellation_fsm };

	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		if (strcmp(machines[i]->name, name) == 0)
			return fsm_print_dot(machines[i], STDOUT_FILENO) == 0 ? 0 : 1;
	return usage();
}

/* Every folder of dir with a manifest is a language. */
static int load_manifests(const char *dir, struct manifests *all, char why[CONF_WHY_SIZE])
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[PATH_SIZE];
	int e = 0;

	if (d == NULL) {
		snprintf(why, CONF_WHY_SIZE, "%s: cannot be read: %m", dir);
		return ERR_IO;
	}
	while (e == 0 && all->count < LANGUAGES_MAX && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s/manifest.cfg", dir, entry->d_name);
		if (entry->d_name[0] == '.' || access(path, F_OK) != 0)
			continue;
		e = manifest_load(path, &all->of[all->count], why);
		all->count += e == 0;
	}
	closedir(d);
	if (e == 0 && all->count == 0) {
		snprintf(why, CONF_WHY_SIZE, "%s: has no LANGUAGE/manifest.cfg", dir);
		e = ERR_NOT_FOUND;
	}
	return e;
}

static int do_file(const char *path, bool draw, struct manifests *all)
{
	const struct scenario_prompts prompts = { in_every_language, all };
	struct scenario *s = NULL;
	char why[CONF_WHY_SIZE] = "";
	int e = scenario_load(path, &prompts, &s, why);

	if (e < 0) {
		fprintf(stderr, "%s\n", why[0] != '\0' ? why : err_name(e));
		return e;
	}
	if (draw)
		e = scenario_print_dot(s, STDOUT_FILENO);
	else
		printf("%s: good (%s, sha256 %s)\n", path, scenario_name(s), scenario_hash(s));
	scenario_free(&s);
	return e;
}

int main(int argc, char **argv)
{
	const char *dir = "config/prompts";
	static struct manifests all;
	char why[CONF_WHY_SIZE] = "";
	bool draw = argc > 1 && strcmp(argv[1], "dot") == 0;
	int first = 2, bad = 0;

	if (argc == 3 && strcmp(argv[1], "machine") == 0)
		return draw_machine(argv[2]);
	if (argc < 2 || (!draw && strcmp(argv[1], "check") != 0))
		return usage();
	if (argc > 3 && strcmp(argv[2], "--prompts") == 0) {
		dir = argv[3];
		first = 4;
	}
	if (first >= argc)
		return usage();
	if (load_manifests(dir, &all, why) < 0) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	for (int i = first; i < argc; i++)
		bad |= do_file(argv[i], draw, &all) < 0;
	for (int i = 0; i < all.count; i++)
		manifest_free(&all.of[i]);
	return bad;
}
