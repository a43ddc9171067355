/* consents_admin.c: what operators see of consents, and take with them. */
#include <stdlib.h>
#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/api_priv.h"
#include "arsd/consents.h"

enum { LISTED_MOST = 1000, LISTED_USUALLY = 50 };

static int add_link(const struct consent_link *l, void *context)
{
	json_array_append_new(context, render_consent(l, false));
	return 0;
}

int verb_consents(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r UNUSED)
{
	json_int_t limit = json_integer_value(json_object_get(argument, "limit"));
	json_t *list = json_array();

	*o = json_pack("{s:o}", "items", list);
	return store_chain_newest(a->store, limit < 1 ? LISTED_USUALLY : limit > LISTED_MOST ? LISTED_MOST : (int)limit, add_link, list);
}

int verb_consent_bundle(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	const char *id = json_string_value(json_object_get(argument, "id"));
	static struct consent_link l;
	char *text = NULL;
	int e;

	if (id == NULL || store_chain_get(a->store, id, &l) < 0)
		return admin_no(r, 404, "there is no such consent; callkey consents lists the newest");
	e = consents_bundle(a, &l, &text);
	if (e == ERR_STATE)
		return admin_no(r, 503, "its signature, or that of the consent before it, has not come yet; is keystored running?");
	if (e == ERR_CRYPTO)
		return admin_no(r, 503, "its record is sealed, and the keys are locked or lost; callkey status");
	if (e < 0)
		return admin_no(r, 503, "the store refused");
	*o = json_pack("{s:s, s:s}", "id", id, "bundle", text);
	free(text);
	return 0;
}
