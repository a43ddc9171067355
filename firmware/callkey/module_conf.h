/* module_conf.h: parameters of the cards' kernel modules that follow from callkey.cfg, as the text of a file of /etc/modprobe.d: the
 * electrical side of analog ports (opermode) and what ports of digital cards are (default_linemode). Pure: it opens no file. */
#ifndef CALLKEY_MODULE_CONF_H
#define CALLKEY_MODULE_CONF_H

#include <stddef.h>

#include "callkey/system_conf.h"

enum { MODULE_CONF_MODE_SIZE = 24 };

/* opermode: "" without analog spans; linemode: "e1", "t1", or "" without digital spans. They are of a module as a whole, whatever is
 * in its cards. */
struct module_conf { char opermode[MODULE_CONF_MODE_SIZE], linemode[4]; };

/* The country of a span's analog lines: the mode by its own name, "" by its tones ("kr", "us", "jp", "eu"). */
const char *module_conf_mode(const char *opermode, const char *tone_plan);

/* Whether a name could be one of the drivers': capitals and digits. Which they have only they know; an unknown one is in the kernel's log. */
bool module_conf_is_mode(const char *opermode);

/* Adds a span. ERR_INVALID: it wants what another span does not, which one module cannot have; why. */
int module_conf_add(struct module_conf *m, const struct system_conf_span *span, const char *opermode, char why[SYSTEM_CONF_WHY_SIZE]) MUST_CHECK;

/* The file, malloc'd, the caller's. present: the file as it is, "" for none: other lines of it, and other parameters of these modules, are
 * kept. */
int module_conf_text(const struct module_conf *m, const char *present, char **text) MUST_CHECK;

#endif
