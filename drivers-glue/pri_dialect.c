/* pri_dialect.c: the exchanges' dialects of Q.931, by name and as libpri numbers them. */
#include <string.h>

#include "drivers-glue/pri_priv.h"

static const struct { const char *word; int e1, t1; bool service; } dialects[PRI_DIALECTS] = {
	[PRI_DIALECT_EUROISDN] = { "euroisdn", PRI_SWITCH_EUROISDN_E1, PRI_SWITCH_EUROISDN_T1, false },
	[PRI_DIALECT_NI2] = { "ni2", PRI_SWITCH_UNKNOWN, PRI_SWITCH_NI2, true },
	[PRI_DIALECT_5ESS] = { "5ess", PRI_SWITCH_UNKNOWN, PRI_SWITCH_LUCENT5E, true },
	[PRI_DIALECT_DMS100] = { "dms100", PRI_SWITCH_UNKNOWN, PRI_SWITCH_DMS100, true },
	[PRI_DIALECT_4ESS] = { "4ess", PRI_SWITCH_UNKNOWN, PRI_SWITCH_ATT4ESS, true },
	[PRI_DIALECT_QSIG] = { "qsig", PRI_SWITCH_QSIG, PRI_SWITCH_QSIG, false },
};

/* One that the line cannot have is read as the usual one, which it can. */
static enum pri_dialect meant(enum pri_dialect d, enum trunk_line line)
{
	bool has = d > PRI_DIALECT_USUAL && d < PRI_DIALECTS && (line == TRUNK_E1 ? dialects[d].e1 : dialects[d].t1) != PRI_SWITCH_UNKNOWN;

	return has ? d : line == TRUNK_E1 ? PRI_DIALECT_EUROISDN : PRI_DIALECT_NI2;
}

const char *pri_dialect_word(enum pri_dialect d, enum trunk_line line)
{
	return dialects[meant(d, line)].word;
}

int pri_dialect_parse(const char *word, enum trunk_line line, enum pri_dialect *d)
{
	enum pri_dialect found = word[0] == '\0' ? PRI_DIALECT_USUAL : PRI_DIALECTS;

	for (int i = PRI_DIALECT_USUAL + 1; i < PRI_DIALECTS; i++)
		if (strcmp(word, dialects[i].word) == 0)
			found = (enum pri_dialect)i;
	if (found == PRI_DIALECTS || (found != PRI_DIALECT_USUAL && meant(found, line) != found))
		return ERR_INVALID;
	*d = found;
	return 0;
}

int dialect_libpri(enum pri_dialect d, enum trunk_line line)
{
	d = meant(d, line);
	return line == TRUNK_E1 ? dialects[d].e1 : dialects[d].t1;
}

bool dialect_has_service(enum pri_dialect d, enum trunk_line line)
{
	return dialects[meant(d, line)].service;
}
