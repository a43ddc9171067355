/* scenario_dot.c: the picture of a scenario as Graphviz text. Ids, prompts and words of a proven file hold nothing that
 * would need escaping. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arsd/scenario_priv.h"

enum { PROMPTS_A_LINE = 3 };

static void print_words(FILE *f, const struct conf_node *words)
{
	const struct conf_node *list = scenario_words_at(words, 1);

	if (list == NULL)
		return;
	fputs("<font point-size=\"9\">", f);
	for (size_t i = 0; i < conf_count(list); i++)
		fprintf(f, "%s%s", i % PROMPTS_A_LINE == 0 ? "<br/>" : " ", conf_string(conf_at(list, i)));
	fputs("</font>", f);
}

static void print_step(FILE *f, const struct scenario *s, const struct step *st)
{
	static const char *const looks[] = {
		[STEP_SAY] = "shape=box, fillcolor=\"#ffffff\"", [STEP_MENU] = "shape=hexagon, fillcolor=\"#e3f0ff\"",
		[STEP_FIELD] = "shape=parallelogram, fillcolor=\"#fff2d0\"", [STEP_DO] = "shape=component, fillcolor=\"#e6f7e6\"",
		[STEP_CHOOSE] = "shape=hexagon, fillcolor=\"#e3f0ff\"", [STEP_IF] = "shape=diamond, fillcolor=\"#f4f4f4\"",
		[STEP_END] = "shape=box, peripheries=2, fillcolor=\"#f7e6e6\"",
	};

	fprintf(f, "\t\"%s\" [%s%s, label=<<b>%s</b>", st->id, looks[st->type],
	        st == &s->steps[s->start] ? ", penwidth=3" : "", st->id);
	if (st->word != NULL)
		fprintf(f, "<br/><i>%s %s</i>", scenario_step_types[st->type], st->word);
	print_words(f, st->type == STEP_DO ? st->wait : st->say);
	fputs(">];\n", f);
}

static void print_edge(FILE *f, const struct scenario *s, const struct step *st, const struct edge *e)
{
	fprintf(f, "\t\"%s\" -> \"%s\" [", st->id, s->steps[e->to].id);
	switch (e->kind) {
	case EDGE_NEXT: break;
	case EDGE_FAILED: fprintf(f, "label=\"%d failed\", style=dashed, color=\"#b03030\"", st->attempts); break;
	case EDGE_BACK: fputs("label=\"#\", style=dotted", f); break;
	case EDGE_KEY:
		fprintf(f, "label=\"%s %s%s%s\"", e->word, e->means, e->consent != NULL ? "\\nconsent: " : "",
		        e->consent != NULL ? e->consent : "");
		break;
	case EDGE_OUTCOME:
	case EDGE_BRANCH: fprintf(f, "label=\"%s\"", e->word); break;
	case EDGE_EXHAUSTED: {
		int times = scenario_edge(st, EDGE_OUTCOME, e->word)->attempts;

		fprintf(f, "label=\"%s, time %d\", style=dashed, color=\"#b03030\"", e->word, times);
		break;
	}
	}
	fputs("];\n", f);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int scenario_print_dot(const struct scenario *s, int fd)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int e;

	if (f == NULL)
		return ERR_NOMEM;
	fprintf(f, "digraph \"%s\" {\n\tgraph [fontname=\"sans-serif\", labelloc=t, label=\"%s\\nhang-up anywhere: %s    "
	        "fault anywhere: %s\"];\n\tnode [fontname=\"sans-serif\", style=filled];\n\tedge [fontname=\"sans-serif\", "
	        "fontsize=10];\n", s->name, s->name, s->on_hangup, s->steps[s->on_error].id);
	for (int i = 0; i < s->step_count; i++)
		print_step(f, s, &s->steps[i]);
	for (int i = 0; i < s->step_count; i++)
		for (int k = 0; k < s->steps[i].edge_count; k++)
			print_edge(f, s, &s->steps[i], &s->steps[i].edges[k]);
	fputs("}\n", f);
	e = fclose(f) != 0 ? ERR_NOMEM : write_all(fd, text, size);
	free(text);
	return e;
}
