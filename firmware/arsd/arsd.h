/* arsd.h: what the parts of arsd share: configuration, store, the turn's time, and ports to the neighbours.
 *
 * One thread, one loop. A turn takes messages and timers, writes to the store and sends; the sends leave after the turn's
 * commit (server.c). Nothing here reads a clock: time is the turn's, so tests set it. */
#ifndef ARSD_ARSD_H
#define ARSD_ARSD_H

#include <stdbool.h>
#include <stdint.h>

#include "arsd/metrics.h"
#include "arsd/numbers.h"
#include "arsd/promotions.h"
#include "arsd/scenario.h"
#include "arsd/throttle.h"
#include "ipc/admin.h"
#include "ipc/api.h"
#include "ipc/callctl.h"
#include "ipc/uplink.h"
#include "ipc/vault.h"
#include "lib/clock.h"
#include "store/store.h"

enum { SCENARIO_WITHDRAWAL = 3 };
enum { LANGUAGES_MAX = 2, SPANS_MAX = 64, VOICE_SIZE = 12, GATEWAYS_MAX = 16 };

struct settings {
	char run_dir[96], state_dir[96], share_dir[256], store[256];
	char languages[LANGUAGES_MAX][4];
	int language_count;
	int64_t schedule_catch_up_ms;
	int64_t request_ttl_s, quarantine_s, max_calls, max_live, rate_per_s, rate_burst, slow_ms, pg_wait_ms, query_first_ms, query_most_ms, pg_late_ms, call_limit_ms;
	char sms_ko[1001], sms_en[1001];
	bool sms_replace, sms_long;            /* other characters become like ones; over 90 octets is LMS */
	char pgs[16][32];                      /* the names in uplinkd.pg */
	bool pg_live[16];                      /* mode: for live requests, or for those of tests */
	int pg_count;
	int reconcile_minute, reconcile_tries; /* of the day in Korea, -1: by hand alone */
	int64_t reconcile_retry_ms, reconcile_overdue_days;
	int64_t api_key_alarm_days;
	int64_t promotions_every_ms, promotions_valid_ms, promotions_jitter_ms;
	char recordings[201];                  /* trunkd.prompt_override_dir */
	bool trace_numbers;                    /* callkey trace --numbers is answered */
};

/* Words for a person that are made into sound before a request is answered. */
/* SILENT: the synthesiser has no sound for the text, and never will. */
enum speech_result { SPEECH_FAILED, SPEECH_MADE, SPEECH_SILENT };
struct speech_job { uint64_t number; char voice[VOICE_SIZE], name[80], text[256]; };

/* The ways out. A send says false when nobody is there to take it. */
struct ports {
	bool (*callctl)(void *context, const struct callctl_msg *m);
	bool (*vault)(void *context, const struct vault_msg *m);
	bool (*uplink)(void *context, const struct uplink_msg *m);
	void (*api)(void *context, uint64_t peer, const struct api_msg *m);
	void (*admin)(void *context, uint64_t peer, const struct admin_msg *m);
	bool (*speech)(void *context, const struct speech_job *job);
	void *context;
};

/* What a neighbour last said of itself. */
struct neighbour { bool up; uint32_t metrics_len; char *metrics; };
enum neighbour_name { NEIGHBOUR_TRUNKD, NEIGHBOUR_KEYSTORED, NEIGHBOUR_UPLINKD, NEIGHBOURS };
extern const char *const neighbour_names[NEIGHBOURS];

/* What uplinkd can reach, as it last said (gateways.c). coming: a list that is not whole yet. */
struct gateways { bool told; int count, coming_count; struct uplink_pg_can list[GATEWAYS_MAX], coming[GATEWAYS_MAX]; };

/* With which key card data is sealed for each gateway of set.pgs, as keystored last said (gateway_keys.c). told: the list is whole. */
struct gateway_keys { bool told; struct vault_gateway_key list[GATEWAYS_MAX], coming[GATEWAYS_MAX]; };

/* store_watch.c. trying: this turn has written something for no other reason than to see whether it can be stored. */
struct store_watch { bool failing, trying; struct mono since, try_at; };

struct calls;
struct sounds;
struct reconcile;
struct promotion_tables;
struct attempts;
struct cancels;
struct outbox;
struct charset;
struct api;
struct key_use;

/* The last provider that takes text messages by another status (HTTP) than its settings name; "", 0: none. */
struct sms_odd { char provider[32]; uint16_t status; };

/* Consents without a signature, as last counted, and when they are looked for, asked for, complained of next. */
struct consents_due { int64_t unsigned_count; struct mono look_at, ask_at, complain_at; };

/* columns.c. log_due: the job may have left clear values in the log. */
/* lost: the newest data key, which keystored's keys do not open; 0: none. */
struct columns_due { bool log_due; int64_t lost; struct mono look_at, complain_at, rotated_at; };

/* Days: with differences, without a list, not compared (behind), and of these overdue; oldest "": none. */
struct reconcile_watch { bool alarm; int64_t differing, differences, failed, behind, overdue; char oldest[11]; struct mono look_at; };

struct arsd {
	struct settings set;
	struct store *store;
	struct ports ports;
	struct mono mono;                      /* of this turn */
	struct wall wall;
	struct numbers numbers, test_numbers, withdrawal_numbers;
	struct throttle *by_caller, *by_number;
	struct manifest manifests[LANGUAGES_MAX];
	struct promotions promotions;          /* the operator's file */
	struct promotion_tables *tables;       /* the gateways' */
	struct scenario *scenarios[4];         /* by enum request_kind, and SCENARIO_WITHDRAWAL */
	struct calls *calls;
	struct attempts *attempts;
	struct cancels *cancels;
	struct reconcile *reconcile;           /* NULL: none since the start */
	struct mono reconcile_look_at;
	struct reconcile_watch reconcile_watch;
	struct sounds *sounds;                 /* NULL: none is known yet */
	struct outbox *outbox;
	struct charset *sms_charset;
	struct api *api;
	struct key_use *key_use;
	struct neighbour neighbours[NEIGHBOURS];
	uint8_t keys;                          /* enum vault_keys_state, as keystored last said */
	struct gateways gateways;
	struct gateway_keys gateway_keys;
	struct vault_keys_expiring expiring;   /* as keystored last said */
	struct callctl_span_state spans[SPANS_MAX];
	int span_count;
	int64_t live_requests;                 /* not ended; kept in step with the store */
	struct mono sweep_at, expire_at, purge_at;   /* sweep_at 0: no sweep is due */
	struct store_watch watch;
	struct consents_due consents;
	struct sms_odd sms_odd;
	struct columns_due columns;
	struct metrics metrics;
};

/* Reads callkey.cfg's part: settings, numbers, prompts, scenarios, throttles. why says what is wrong, and where. */
int arsd_configure(struct arsd *a, const struct conf_tree *conf, char why[CONF_WHY_SIZE]) MUST_CHECK;
/* Makes the parts that run on the store, which must be open. */
int arsd_start(struct arsd *a) MUST_CHECK;
void arsd_free(struct arsd *a);
/* Can card data be taken and sealed now? Not while keystored is away, or its keys are locked. */
bool arsd_takes_cards(const struct arsd *a);
/* Will it need people before it can? One that is only away comes back by itself. */
bool arsd_keys_locked(const struct arsd *a);
/* Every 100 ms: what is due. */
void arsd_tick(struct arsd *a);
/* Ends a turn: what was added to the outbox is sent too, and all of the turn is made durable. ERR_IO: it is not; the caller
 * throws the turn's sends away and calls arsd_turn_failed(). */
int arsd_turn_end(struct arsd *a) MUST_CHECK;
void arsd_neighbour_up(struct arsd *a, enum neighbour_name who);
void arsd_neighbour_down(struct arsd *a, enum neighbour_name who);
/* keystored tells whether its keys are open: enum vault_keys_state. */
void arsd_keys_told(struct arsd *a, uint8_t state);
/* The store refused a turn's commit and has been rolled back: nothing of the turn happened, nothing of it was sent. What
 * memory knows of that turn is dropped too, and put right from the store by recovery_sweep(). */
void arsd_turn_failed(struct arsd *a);
/* Does the language of the box have this prompt? */
bool arsd_has_prompt(const struct arsd *a, const char *language, const char *id);
const struct manifest *arsd_manifest(const struct arsd *a, const char *language);

#endif
