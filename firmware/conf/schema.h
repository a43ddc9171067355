/* schema.h: every setting of callkey.cfg, with its type, range and default. One table, read by the checker, by the
 * getters and by the test that holds config/callkey.cfg against it. */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include "conf/conf.h"

/* "[]" in a path stands for each member of a list. For strings min..max is the length in bytes. A row of type CONF_GROUP
 * or CONF_LIST says that the thing may be there; max of a list is its largest count. A required member of a list has
 * text NULL. choice: NULL, or the allowed words separated by '|'. */
struct schema_row {
	const char *path;
	enum conf_type type;
	int64_t min, max;
	const char *text;          /* default of a string */
	int64_t number;            /* default of an integer or boolean */
	const char *choice;
	const char *about;         /* one line for whoever got it wrong */
};

extern const struct schema_row schema_rows[];
extern const size_t schema_row_count;

const struct schema_row *schema_find(const char *path);    /* with "[]"; NULL if there is none */

#endif
