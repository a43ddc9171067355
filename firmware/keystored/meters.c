#include "keystored/meters.h"

#include "keystored/strongbox.h"
#include "lib/attr.h"

#define RESULT(word) { "callkey_keystored_fields_total", "result=\"" word "\"", "Fields by how they ended.", METRIC_COUNTER, 1 }
#define SEALED(word) { "callkey_keystored_seals_total", "status=\"" word "\"", "Seals asked for, by status.", METRIC_COUNTER, 1 }
#define DROPPED(why) { "callkey_keystored_keys_dropped_total", "why=\"" why "\"", "Keys that reached no field.", \
	METRIC_COUNTER, 1 }
#define REFUSED(why) { "callkey_keystored_fields_refused_total", "why=\"" why "\"", "Fields not opened.", METRIC_COUNTER, 1 }
#define WIPED(why) { "callkey_keystored_wiped_total", "why=\"" why "\"", "Calls whose digits were wiped before their end.", \
	METRIC_COUNTER, 1 }
#define PEER(name) { "callkey_keystored_peer_up", "peer=\"" name "\"", "Whether the neighbour is connected.", METRIC_GAUGE, 1 }

static const struct metric_desc table[METERS_COUNT] = {
	[METERS_RESULT + VAULT_COMPLETE - 1] = RESULT("complete"),
	[METERS_RESULT + VAULT_TOO_SHORT - 1] = RESULT("too_short"),
	[METERS_RESULT + VAULT_INVALID - 1] = RESULT("invalid"),
	[METERS_RESULT + VAULT_EXPIRED - 1] = RESULT("expired"),
	[METERS_RESULT + VAULT_ERASED - 1] = RESULT("erased"),
	[METERS_RESULT + VAULT_NO_INPUT - 1] = RESULT("no_input"),
	[METERS_SEALED + VAULT_OK] = SEALED("ok"),
	[METERS_SEALED + VAULT_NO_CALL] = SEALED("no_call"),
	[METERS_SEALED + VAULT_INCOMPLETE] = SEALED("incomplete"),
	[METERS_SEALED + VAULT_NO_KEY] = SEALED("no_key"),
	[METERS_SEALED + VAULT_REFUSED] = SEALED("refused"),
	[METERS_SEALED + VAULT_FAILED] = SEALED("failed"),
	[METERS_SEALED + VAULT_LOCKED] = SEALED("locked"),
	[METERS_SEALED + VAULT_BUSY] = SEALED("busy"),
	[METERS_KEYS] = { "callkey_keystored_keys_total", "", "Keys that came.", METRIC_COUNTER, 1 },
	[METERS_KEYS_AHEAD] = { "callkey_keystored_keys_ahead_total", "", "Keys kept for the next field.", METRIC_COUNTER, 1 },
	[METERS_KEYS_UNKNOWN_CALL] = DROPPED("unknown_call"),
	[METERS_KEYS_NO_FIELD] = DROPPED("no_field"),
	[METERS_KEYS_STALE] = DROPPED("stale_field"),
	[METERS_KEYS_OVERFLOW] = DROPPED("too_many"),
	[METERS_KEYS_BAD] = DROPPED("no_key"),
	[METERS_REFUSED_ATTEMPTS] = REFUSED("attempts"),
	[METERS_REFUSED_NO_CALL] = REFUSED("no_call"),
	[METERS_REFUSED_FORM] = REFUSED("form"),
	[METERS_WIPED_IDLE] = WIPED("idle"),
	[METERS_WIPED_LOST] = WIPED("neighbour_lost"),
	[METERS_CALLS_LOST] = { "callkey_keystored_calls_refused_total", "", "Calls that found the table full.", METRIC_COUNTER, 1 },
	[METERS_STRAY] = { "callkey_keystored_stray_messages_total", "", "Messages about calls or fields that are not there.",
	                   METRIC_COUNTER, 1 },
	[METERS_SIGNED] = { "callkey_keystored_signatures_total", "status=\"ok\"", "Signatures asked for, by status.", METRIC_COUNTER, 1 },
	[METERS_NOT_SIGNED] = { "callkey_keystored_signatures_total", "status=\"refused\"", "Signatures asked for, by status.",
	                        METRIC_COUNTER, 1 },
	[METERS_COLUMN_KEYS] = { "callkey_keystored_column_keys_total", "status=\"ok\"", "Data keys for columns asked for, by status.",
	                         METRIC_COUNTER, 1 },
	[METERS_NO_COLUMN_KEYS] = { "callkey_keystored_column_keys_total", "status=\"refused\"", "Data keys for columns asked for, by status.",
	                            METRIC_COUNTER, 1 },
	[METERS_BAD_FRAMES] = { "callkey_keystored_bad_frames_total", "", "Frames that broke the protocol.", METRIC_COUNTER, 1 },
	[METERS_PEERS_REFUSED] = { "callkey_keystored_peers_refused_total", "", "Connections refused.", METRIC_COUNTER, 1 },
	[METERS_UNSENT] = { "callkey_keystored_unsent_total", "", "Messages that a neighbour was not there for.", METRIC_COUNTER, 1 },
	[METERS_CALLS] = { "callkey_keystored_calls", "", "Calls with a keypad.", METRIC_GAUGE, 1 },
	[METERS_TRUNKD_UP] = PEER("trunkd"),
	[METERS_ARSD_UP] = PEER("arsd"),
	[METERS_OFFICERS_UP] = PEER("callkey"),
	[METERS_KEYS_OPEN] = { "callkey_keystored_keys_open", "", "Whether the keys are open; while they are not, no card is taken.",
	                       METRIC_GAUGE, 1 },
	[METERS_AUDIT_FAILING] = { "callkey_keystored_audit_failing", "", "Whether the audit log cannot be written; no key is used then.",
	                           METRIC_GAUGE, 1 },
	[METERS_AUDIT_RECORDS] = { "callkey_keystored_audit_records", "", "Records of the audit log.", METRIC_GAUGE, 1 },
	[METERS_KEYS_EXPIRING] = { "callkey_keystored_keys_expiring", "", "Active keys whose cryptoperiod ends within 30 days.",
	                           METRIC_GAUGE, 1 },
	[METERS_WRONG_PARTS] = { "callkey_keystored_wrong_parts", "", "Wrong parts of the master key since the last unlocking.",
	                         METRIC_GAUGE, 1 },
	[METERS_FILE_UNSURE] = { "callkey_keystored_key_file_unsure", "", "Whether a failure of power may bring another key file than the one in use.",
	                         METRIC_GAUGE, 1 },
};

void meters_init(struct metrics *m)
{
	metrics_init(m, table, ARRAY_LEN(table));
}

void meters_strongbox(struct metrics *m, const struct strongbox *s)
{
	const struct key *first;

	metrics_set(m, METERS_AUDIT_FAILING, audit_is_failing(s->audit));
	metrics_set(m, METERS_AUDIT_RECORDS, (int64_t)audit_head(s->audit)->number);
	metrics_set(m, METERS_KEYS_EXPIRING, (int64_t)strongbox_expiring(s, &first));
	metrics_set(m, METERS_WRONG_PARTS, custody_wrong(s->custody));
	metrics_set(m, METERS_FILE_UNSURE, keyring_is_unsure(s->ring));
}
