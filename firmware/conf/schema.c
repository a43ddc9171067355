/* schema.c: the table of all settings. A new setting is one row here and, with its default, one line in
 * config/callkey.cfg; conf_test holds the two together. */
#include "conf/schema.h"

#include <string.h>

#define GROUP(path, about) { path, CONF_GROUP, 0, 0, NULL, 0, NULL, about }
#define LIST(path, most, about) { path, CONF_LIST, 0, most, NULL, 0, NULL, about }
#define TEXT(path, least, most, def, about) { path, CONF_STRING, least, most, def, 0, NULL, about }
#define WORD(path, def, words, about) { path, CONF_STRING, 0, 64, def, 0, words, about }
#define INT(path, least, most, def, about) { path, CONF_INT, least, most, NULL, def, NULL, about }
#define BOOL(path, def, about) { path, CONF_BOOL, 0, 1, NULL, def, NULL, about }

enum { PATH_LEN = 200, UID_LARGEST = 2147483647 };

const struct schema_row schema_rows[] = {
	TEXT("run_dir", 1, 80, "/run/callkey", "sockets between the programs"),
	TEXT("state_dir", 1, 80, "/var/lib/callkey", "what must survive: the store, speech, the HMAC key"),
	TEXT("share_dir", 1, PATH_LEN, "/usr/share/callkey", "prompts/, scenarios/ and issuers.cfg, as installed"),
	WORD("log_level", "info", "debug|info|warn|error", "the least important line that is logged"),

	GROUP("peer_uids", "uids that may stand behind a neighbour's socket besides our own"),
	INT("peer_uids.trunkd", -1, UID_LARGEST, -1, "uid of trunkd, -1: none"),
	INT("peer_uids.keystored", -1, UID_LARGEST, -1, "uid of keystored, -1: none"),
	INT("peer_uids.arsd", -1, UID_LARGEST, -1, "uid of arsd, -1: none"),
	INT("peer_uids.uplinkd", -1, UID_LARGEST, -1, "uid of uplinkd, -1: none"),
	INT("peer_uids.apid", -1, UID_LARGEST, -1, "uid of apid, -1: none"),
	INT("peer_uids.callkey", -1, UID_LARGEST, -1, "uid of callkey, -1: none"),

	GROUP("trunkd", "lines and audio"),
	LIST("trunkd.spans", 64, "the E1 and T1 lines"),
	GROUP("trunkd.spans[]", "one line"),
	TEXT("trunkd.spans[].name", 1, 31, NULL, "what it is called in logs and lists"),
	WORD("trunkd.spans[].kind", "soft", "soft|dahdi|fxo", "the driver behind it"),
	TEXT("trunkd.spans[].path", 0, 107, "", "kind soft: the carrier's socket"),
	INT("trunkd.spans[].span", 0, 128, 0, "kind dahdi: the driver's number of the span"),
	INT("trunkd.spans[].echo_ms", 0, 128, 16, "kind dahdi: length of the driver's echo canceller in calls, 0: none"),
	INT("trunkd.spans[].rx_gain_db", -24, 24, 0, "kind dahdi: added to what is heard"),
	INT("trunkd.spans[].tx_gain_db", -24, 24, 0, "kind dahdi: added to what is said"),
	WORD("trunkd.spans[].line", "E1", "E1|T1", "E1: 30 channels, T1: 23"),
	WORD("trunkd.spans[].law", "", "|alaw|ulaw", "companding; \"\": the usual one of the line"),
	WORD("trunkd.spans[].switch", "", "|euroisdn|ni2|5ess|dms100|4ess|qsig", "the exchange's dialect; \"\": the usual one of the line"),
	WORD("trunkd.spans[].side", "user", "user|network", "which end of the D-channel the appliance is"),
	INT("trunkd.spans[].nfas_group", 0, 64, 0, "not built: must be 0"),
	INT("trunkd.spans[].called_digits", 0, 20, 0, "overlap receiving: a number this long is complete"),
	WORD("trunkd.spans[].tone_plan", "kr", "kr|us|jp|eu", "kind fxo: whose busy and reorder tones mean a hang-up"),
	INT("trunkd.spans[].silence_s", 0, 3600, 300, "kind fxo: a call in which the line is silent so long has ended, 0: never"),
	INT("trunkd.spans[].number_wait_ms", 0, 15000, 4500, "kind fxo: how long the caller's number is awaited from the first ring"),
	LIST("trunkd.spans[].lines", 31, "kind fxo: the lines that are plugged in"),
	GROUP("trunkd.spans[].lines[]", "one analog line"),
	INT("trunkd.spans[].lines[].channel", 1, 31, 1, "channel of the span"),
	TEXT("trunkd.spans[].lines[].number", 3, 30, NULL, "the virtual number that rings there"),
	WORD("trunkd.spans[].lines[].caller_id", "bellcore", "none|bellcore|v23|dtmf", "how the exchange tells who calls"),
	WORD("trunkd.spans[].lines[].vouches", "with_card", "with_card|alone", "what the caller's number is worth for the holder check"),
	BOOL("trunkd.spans[].lines[].polarity_ends", 0, "a reversal of the battery in a call is the caller's hang-up"),
	INT("trunkd.media_threads", 1, 16, 1, "threads that move audio"),
	INT("trunkd.realtime_priority", 0, 90, 0, "SCHED_FIFO priority of those threads, 0: none"),
	INT("trunkd.no_brain_grace_ms", 0, 10000, 2000, "how long a new call waits for arsd to be back"),
	INT("trunkd.alarm_raise_ms", 0, 60000, 2500, "an alarm is raised after"),
	INT("trunkd.alarm_clear_ms", 0, 600000, 10000, "an alarm that is gone is cleared after"),
	TEXT("trunkd.prompt_override_dir", 0, PATH_LEN, "", "recordings that replace synthesised prompts"),

	GROUP("keystored", "secret keys of the keypad and sealing"),
	LIST("keystored.pg_keys", 16, "keys of payment gateways"),
	GROUP("keystored.pg_keys[]", "one key"),
	TEXT("keystored.pg_keys[].kid", 1, 63, NULL, "its name in the sealed record"),
	TEXT("keystored.pg_keys[].pg", 0, 31, "", "the gateway it is for, \"\": every one without a key of its own"),
	WORD("keystored.pg_keys[].kind", "jwe", "jwe|nicepay", "how records are sealed with it"),
	TEXT("keystored.pg_keys[].file", 1, PATH_LEN, NULL, "the key: kind jwe PEM, kind nicepay the SecretKey"),
	WORD("keystored.pg_keys[].cipher", "aes256", "aes256|aes128", "kind nicepay: the cipher"),
	BOOL("keystored.pg_keys[].active", 0, "its gateway's records are sealed with it"),
	TEXT("keystored.hmac_key_file", 1, PATH_LEN, "/var/lib/callkey/hmac.key", "key of the card fingerprints"),
	INT("keystored.max_calls", 1, 8192, 2048, "calls with an open keypad at once"),
	INT("keystored.field_idle_s", 5, 3600, 120, "an untouched field is wiped after"),

	GROUP("arsd", "requests, calls and scenarios"),
	TEXT("arsd.store", 8, PATH_LEN, "sqlite:/var/lib/callkey/callkey.db", "the database"),
	LIST("arsd.numbers", 256, "virtual numbers"),
	TEXT("arsd.numbers[]", 3, 47, NULL, "a range FIRST-LAST or one number"),
	LIST("arsd.languages", 2, "languages whose prompts must be complete"),
	WORD("arsd.languages[]", NULL, "ko|en", "one language"),
	INT("arsd.request_ttl_s", 30, 604800, 600, "how long a request waits for its call"),
	INT("arsd.lease_quarantine_s", 0, 604800, 3600, "how long a (number, caller) pair rests"),
	INT("arsd.max_calls_per_request", 1, 100, 5, "calls before a request is abandoned"),
	INT("arsd.max_live_requests", 1, 10000000, 100000, "live requests at once"),
	GROUP("arsd.throttle", "what wrong callers meet"),
	INT("arsd.throttle.window_s", 1, 86400, 600, "tries are counted for so long"),
	INT("arsd.throttle.slow_after", 1, 1000, 3, "from this try on the answer waits"),
	INT("arsd.throttle.slow_ms", 0, 60000, 3000, "for so long"),
	INT("arsd.throttle.refuse_after", 1, 1000, 6, "from this try on the call is rejected"),
	INT("arsd.pg_wait_s", 1, 300, 40, "how long a caller waits for the gateway"),
	INT("arsd.pg_query_first_ms", 10, 600000, 1000, "an unknown outcome is first asked after"),
	INT("arsd.pg_query_most_s", 1, 3600, 300, "longest pause between such questions"),
	INT("arsd.call_limit_s", 30, 3600, 900, "no call lasts longer"),
	BOOL("arsd.trace_numbers", 0, "callkey trace --numbers shows whole numbers"),
	TEXT("arsd.sms_ko", 1, 1000,
	     "[{merchant}] {product} 카드 등록/결제 확인 전화: {number} 로 이 휴대폰에서 걸어 주세요. ({minutes}분 안에)",
		"SMS text in Korean"),
	TEXT("arsd.sms_en", 1, 1000,
	     "[{merchant}] {product}: please call {number} from this phone within {minutes} minutes.",
		"SMS text in English"),

	GROUP("uplinkd", "outgoing HTTPS"),
	LIST("uplinkd.pg", 16, "payment gateways"),
	GROUP("uplinkd.pg[]", "one payment gateway"),
	TEXT("uplinkd.pg[].name", 1, 31, NULL, "what merchants refer to"),
	WORD("uplinkd.pg[].kind", "json", "json|nicepay", "the protocol it speaks"),
	TEXT("uplinkd.pg[].url", 9, PATH_LEN, NULL, "https address its paths are below"),
	TEXT("uplinkd.pg[].ca_file", 0, PATH_LEN, "", "the only CA trusted for it, PEM"),
	TEXT("uplinkd.pg[].client_id", 0, 64, "", "who we are to it, where its protocol wants that"),
	TEXT("uplinkd.pg[].secret_file", 0, PATH_LEN, "", "file with the secret we show to it"),
	LIST("uplinkd.pg[].without", 16, "what the contract with it leaves out"),
	WORD("uplinkd.pg[].without[]", NULL,
	     "billing|key_in|cancel|partial_cancel|interest_free|promotions|query|net_cancel|list|foreign", "one ability"),
	INT("uplinkd.pg[].late_s", 1, 600, 60, "how long a request that was given up may still arrive there"),
	INT("uplinkd.pg[].connect_timeout_ms", 100, 60000, 5000, "time to connect"),
	INT("uplinkd.pg[].timeout_ms", 100, 120000, 30000, "time for the whole exchange"),
	INT("uplinkd.pg[].max_in_flight", 1, 1000, 64, "exchanges at once"),
	GROUP("uplinkd.sms", "the SMS provider"),
	TEXT("uplinkd.sms.url", 0, PATH_LEN, "", "https address, \"\": no SMS"),
	WORD("uplinkd.sms.method", "POST", "POST|GET", "HTTP method"),
	LIST("uplinkd.sms.headers", 16, "HTTP headers"),
	TEXT("uplinkd.sms.headers[]", 3, 500, NULL, "one header, NAME: VALUE"),
	TEXT("uplinkd.sms.body", 0, 2000, "{\"id\":\"{id}\",\"to\":\"{to}\",\"from\":\"{from}\",\"text\":\"{text}\"}",
		"HTTP body"),
	INT("uplinkd.sms.success_status", 200, 299, 200, "HTTP status of success"),
	TEXT("uplinkd.sms.success_contains", 0, 100, "", "text that a success holds"),
	TEXT("uplinkd.sms.id_member", 0, 63, "message_id", "member of a JSON answer with the provider's id"),
	TEXT("uplinkd.sms.secret_file", 0, PATH_LEN, "", "file with {secret}"),
	TEXT("uplinkd.sms.from", 0, 23, "", "registered sender number"),
	TEXT("uplinkd.sms.ca_file", 0, PATH_LEN, "", "the only CA trusted for it, PEM"),
	INT("uplinkd.sms.timeout_ms", 100, 60000, 10000, "time for the whole exchange"),
	GROUP("uplinkd.webhook", "events to merchants"),
	TEXT("uplinkd.webhook.ca_file", 0, PATH_LEN, "", "a CA trusted besides the system's"),
	INT("uplinkd.webhook.timeout_ms", 100, 60000, 10000, "time for one delivery"),

	GROUP("apid", "the merchant API"),
	INT("apid.answer_timeout_ms", 500, 60000, 10000, "how long a merchant waits before a 504"),
};

const size_t schema_row_count = ARRAY_LEN(schema_rows);

const struct schema_row *schema_find(const char *path)
{
	for (size_t i = 0; i < schema_row_count; i++)
		if (strcmp(schema_rows[i].path, path) == 0)
			return &schema_rows[i];
	return NULL;
}
