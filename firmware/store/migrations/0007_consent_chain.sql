-- 0007_consent_chain: the evidence of each consent as a text of its own, in a chain of hashes over all, and the signature that
-- follows. sign_key '' until then.

CREATE TABLE consent_chain (
	number INTEGER NOT NULL PRIMARY KEY,
	id TEXT NOT NULL UNIQUE REFERENCES consents (id),
	merchant TEXT NOT NULL REFERENCES merchants (id),
	request TEXT NOT NULL REFERENCES requests (id),
	record TEXT NOT NULL,
	previous BLOB NOT NULL,
	record_hash BLOB NOT NULL,
	link_hash BLOB NOT NULL,
	sign_key TEXT NOT NULL,
	signature BLOB NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_chain_request ON consent_chain (request, number);
CREATE INDEX consent_chain_unsigned ON consent_chain (number) WHERE sign_key = '';

CREATE TABLE sign_keys (
	id TEXT NOT NULL PRIMARY KEY,
	public_key TEXT NOT NULL,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
