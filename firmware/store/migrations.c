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

/* The n-th brings the schema from n to n + 1. */
static const char *const migrations[] = { migration_0001, migration_0002, migration_0003, migration_0004, migration_0005 };

int migrations_count(void)
{
	return (int)ARRAY_LEN(migrations);
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

static int run_one(struct db *db, int64_t version)
{
	struct db_stmt *q;
	int e = db_execute(db, migrations[version]);

	if (e < 0)
		return e;
	q = db_change(db, "INSERT INTO schema_migrations (version, applied) VALUES ($1, $2)", "");
	db_bind_int(q, version + 1);
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
	if (e == 0 && version > migrations_count()) {
		log_error("store_newer", "schema=%d known=%d hint=\"this database was used by a newer version of Callkey\"",
		          (int)version, migrations_count());
		e = ERR_STATE;
	}
	for (; e == 0 && version < migrations_count(); version++) {
		log_info("store_migration", "to=%d", (int)version + 1);
		e = run_one(db, version);
	}
	if (e < 0) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
