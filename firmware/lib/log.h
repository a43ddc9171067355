/* log.h: named events with key=value on stderr, one line each, the same for every program.
 * Not for audio threads (they count; the control thread logs), and never for a secret: there is no conversion that
 * would take a struct secret.
 *
 *   log_info("call_offered", "call=%" PRIu64 " span=%u", call, span);
 *   2026-11-24T05:12:33.123Z info trunkd call_offered call=7 span=1
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stddef.h>

#include "lib/attr.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Names the program in every line; called once at start. */
void log_init(const char *program, enum log_level least);
int log_level_parse(const char *word, enum log_level *level) MUST_CHECK;

/* One event. Control bytes in values are replaced, so an event stays one line; longer than 2 KiB is cut. */
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(event, ...) log_event(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) log_event(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) log_event(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_event(LOG_LEVEL_ERROR, event, __VA_ARGS__)

#endif
