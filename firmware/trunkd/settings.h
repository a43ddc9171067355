/* settings.h: what trunkd reads from callkey.cfg. */
#ifndef TRUNKD_SETTINGS_H
#define TRUNKD_SETTINGS_H

#include "conf/conf.h"
#include "drivers-glue/pri.h"
#include "drivers-glue/fxo.h"
#include "drivers-glue/trunk.h"
#include "trunkd/line_ear.h"
#include "trunkd/supervise.h"

enum { SETTINGS_SPANS_MAX = 64, SETTINGS_LANGUAGES_MAX = 2, SETTINGS_PATH_SIZE = 256 };

struct settings {
	char run_dir[SETTINGS_PATH_SIZE], state_dir[SETTINGS_PATH_SIZE], share_dir[SETTINGS_PATH_SIZE];
	char prompt_override_dir[SETTINGS_PATH_SIZE];
	char languages[SETTINGS_LANGUAGES_MAX][4];
	int language_count;
	struct trunk_config spans[SETTINGS_SPANS_MAX];
	int called_digits[SETTINGS_SPANS_MAX];
	struct fxo_config analog[SETTINGS_SPANS_MAX];
	struct line_ear_config ears[SETTINGS_SPANS_MAX][TRUNK_SLOTS];
	enum pri_dialect dialects[SETTINGS_SPANS_MAX];
	bool network_side[SETTINGS_SPANS_MAX];
	size_t span_count;
	struct supervise_config supervise;
	int media_threads, realtime_priority, no_brain_grace_ms;
	int64_t arsd_uid, keystored_uid;
};

/* ERR_INVALID: why says what is wrong and where. */
int settings_read(const struct conf_tree *conf, struct settings *s, char why[CONF_WHY_SIZE]) MUST_CHECK;

#endif
