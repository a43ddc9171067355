-- 0031_column_keys: what a reader of the disk must not have is sealed in its column: a PG's billing key, where a text message goes and
-- what it says. The data keys stand here, wrapped under a key that keystored holds; no id is given twice. column_jobs: how far what was
-- stored before has been sealed under the newest data key (at: the row's number), and how many were found that no key opens.

CREATE TABLE column_keys (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL,
	wrapped BLOB NOT NULL UNIQUE,
	created INTEGER NOT NULL
) STRICT;

CREATE TABLE column_jobs (
	name TEXT NOT NULL PRIMARY KEY,
	data_key INTEGER NOT NULL,
	at INTEGER NOT NULL,
	renewed INTEGER NOT NULL,
	unreadable INTEGER NOT NULL,
	done INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO column_jobs (name, data_key, at, renewed, unreadable, done) VALUES ('billing_keys', 0, 0, 0, 0, 0), ('outbox', 0, 0, 0, 0, 0);
