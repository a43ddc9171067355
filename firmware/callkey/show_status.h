/* show_status.h: the appliance at a glance, with what somebody should do now. For show.c. */
#ifndef CALLKEY_SHOW_STATUS_H
#define CALLKEY_SHOW_STATUS_H

#include <stdio.h>

#include "json/json.h"

void print_status(FILE *f, const json_t *answer);

#endif
