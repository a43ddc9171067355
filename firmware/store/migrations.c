/* migrations.c: the schema's history, one numbered file each, built into the program. A file that was released is never
 * changed; the next one changes the schema. */
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "store/store_priv.h"

#define EMBED(name, file)                                                                \
	extern const char name[];                                                            \
	__asm__(".section .rodata\n.global " #name "\n.hidden " #name "\n" #name ":\n"       \
	        ".incbin \"firmware/store/migrations/" file "\"\n.byte 0\n.previous\n")

EMBED(migration_0001, "0001_start.sql");
EMBED(migration_0002, "0002_attempt_pg.sql");
EMBED(migration_0003, "0003_outbox_lanes.sql");
EMBED(migration_0004, "0004_span_bins.sql");
EMBED(migration_0005, "0005_retry_cancel.sql");
EMBED(migration_0006, "0006_password_tries.sql");
EMBED(migration_0007, "0007_consent_chain.sql");
EMBED(migration_0008, "0008_lists.sql");
EMBED(migration_0009, "0009_webhook_endpoints.sql");
EMBED(migration_0011, "0011_sms.sql");
EMBED(migration_0012, "0012_reconciliations.sql");
EMBED(migration_0013, "0013_api_keys.sql");
EMBED(migration_0014, "0014_schedules.sql");
EMBED(migration_0015, "0015_test_clocks.sql");
EMBED(migration_0016, "0016_billing_keys_phone.sql");
EMBED(migration_0029, "0029_attempt_card.sql");
EMBED(migration_0030, "0030_api_key_callers.sql");
EMBED(migration_0031, "0031_column_keys.sql");
EMBED(migration_0040, "0040_state_counts.sql");
EMBED(migration_0041, "0041_sealed_numbers.sql");
EMBED(migration_0042, "0042_sealed_texts.sql");
EMBED(migration_0045, "0045_purges.sql");
EMBED(migration_0048, "0048_promotion_tables.sql");
EMBED(migration_0049, "0049_accounts.sql");
EMBED(migration_0052, "0052_reconciliation_open.sql");
EMBED(migration_0053, "0053_store_damages.sql");
EMBED(migration_0055, "0055_lists_of_all.sql");
EMBED(migration_0056, "0056_sms_told.sql");
EMBED(migration_0059, "0059_api_key_use.sql");
EMBED(migration_0060, "0060_tax_parts.sql");
EMBED(migration_0061, "0061_schedule_made_for.sql");
EMBED(migration_0064, "0064_sms_replaced.sql");
EMBED(migration_0065, "0065_sms_early.sql");
EMBED(migration_0066, "0066_sms_retries.sql");

/* In rising order. A number that a database has not seen is run, also one below its newest. */
static const struct migration { int number; const char *sql; } migrations[] = {
	{ 1, migration_0001 },
	{ 2, migration_0002 },
	{ 3, migration_0003 },
	{ 4, migration_0004 },
	{ 5, migration_0005 },
	{ 6, migration_0006 },
	{ 7, migration_0007 },
	{ 8, migration_0008 },
	{ 9, migration_0009 },
	{ 11, migration_0011 },
	{ 12, migration_0012 },
	{ 13, migration_0013 },
	{ 14, migration_0014 },
	{ 15, migration_0015 },
	{ 16, migration_0016 },
	{ 29, migration_0029 },
	{ 30, migration_0030 },
	{ 31, migration_0031 },
	{ 40, migration_0040 },
	{ 41, migration_0041 },
	{ 42, migration_0042 },
	{ 45, migration_0045 },
	{ 48, migration_0048 },
	{ 49, migration_0049 },
	{ 52, migration_0052 },
	{ 53, migration_0053 },
	{ 55, migration_0055 },
	{ 56, migration_0056 },
	{ 59, migration_0059 },
	{ 60, migration_0060 },
	{ 61, migration_0061 },
	{ 64, migration_0064 },
	{ 65, migration_0065 },
	{ 66, migration_0066 },
};

int migrations_count(void)
{
	return (int)ARRAY_LEN(migrations);
}

int migrations_newest(void)
{
	return migrations[ARRAY_LEN(migrations) - 1].number;
}

static int schema_version(struct db *db, int64_t *version)
{
	struct db_stmt *q = db_query(db, "SELECT COALESCE(MAX(version), 0) FROM schema_migrations", "");
	int64_t found = db_row(q) ? db_get_int(q) : 0;
	int e = db_end(q);

	if (e == 0)
		*version = found;
	return e;
}

/* *run is set in any case. */
static int has_run(struct db *db, int number, bool *run)
{
	struct db_stmt *q = db_query(db, "SELECT 1 FROM schema_migrations WHERE version = $1", "");
	int e;

	db_bind_int(q, number);
	*run = db_row(q);
	e = db_end(q);
	return e;
}

static int run_one(struct db *db, const struct migration *m)
{
	struct db_stmt *q;
	int e = db_execute(db, m->sql);

	if (e < 0)
		return e;
	q = db_change(db, "INSERT INTO schema_migrations (version, applied) VALUES ($1, $2)", "");
	db_bind_int(q, m->number);
	db_bind_int(q, clock_wall().ms);
	e = db_run(q);
	return e < 0 ? e : 0;
}

int migrations_run(struct db *db)
{
	int64_t version = 0;
	int e = db_execute(db, "CREATE TABLE IF NOT EXISTS schema_migrations "
	                       "(version INTEGER PRIMARY KEY, applied BIGINT NOT NULL)");

	if (e == 0)
		e = schema_version(db, &version);
	if (e == 0 && version > migrations_newest()) {
		log_error("store_newer", "schema=%d known=%d hint=\"this database was used by a newer version of Callkey\"",
		          (int)version, migrations_newest());
		e = ERR_STATE;
	}
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(migrations); i++) {
		bool run = true;

		e = has_run(db, migrations[i].number, &run);
		if (e < 0 || run)
			continue;
		log_info("store_migration", "number=%d", migrations[i].number);
		e = run_one(db, &migrations[i]);
	}
	if (e < 0) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
