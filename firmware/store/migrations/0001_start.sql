-- 0001_start: everything that was known when the first call paid. Times are UTC in milliseconds, amounts in the smallest
-- unit of their currency, "" and 0 stand for "none". No column holds more of a card than BIN and last four.

CREATE TABLE merchants (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	webhook_url TEXT NOT NULL,
	webhook_secret TEXT NOT NULL,
	pg TEXT NOT NULL,
	live INTEGER NOT NULL,
	may_skip_consent INTEGER NOT NULL,
	created INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
	hash BLOB NOT NULL PRIMARY KEY,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- leased is the store's own: 1 while the request has a lease, so that expiry is one indexed look-up.
CREATE TABLE requests (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
	merchant TEXT NOT NULL REFERENCES merchants (id),
	state TEXT NOT NULL,
	leased INTEGER NOT NULL DEFAULT 0,
	customer_ref TEXT NOT NULL,
	order_id TEXT NOT NULL,
	phone TEXT NOT NULL,
	virtual_number TEXT NOT NULL,
	merchant_name TEXT NOT NULL,
	product_name TEXT NOT NULL,
	speech_merchant TEXT NOT NULL,
	speech_product TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
	currency TEXT NOT NULL,
	cycle TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	billing_key TEXT NOT NULL,
	consent_skip INTEGER NOT NULL,
	other_card_allowed INTEGER NOT NULL,
	sms_skip INTEGER NOT NULL,
	instalment_mode TEXT NOT NULL,
	instalment_months INTEGER NOT NULL,
	allowed_months BLOB NOT NULL,
	interest_free_months BLOB NOT NULL,
	interest_free_chosen INTEGER NOT NULL,
	other_card_used INTEGER NOT NULL,
	keep_card INTEGER NOT NULL,
	card_bin TEXT NOT NULL CHECK (length(card_bin) <= 8),
	card_last4 TEXT NOT NULL CHECK (length(card_last4) <= 4),
	card_brand TEXT NOT NULL,
	card_issuer TEXT NOT NULL,
	card_type INTEGER NOT NULL,
	pg_order_id TEXT NOT NULL,
	approval_no TEXT NOT NULL,
	tid TEXT NOT NULL,
	failure_code TEXT NOT NULL,
	failure_class TEXT NOT NULL,
	failure_message TEXT NOT NULL,
	calls INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	last_call TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	approved INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX requests_order ON requests (merchant, order_id) WHERE order_id <> '';
CREATE INDEX requests_kind ON requests (kind);
CREATE INDEX requests_state ON requests (state);
CREATE INDEX requests_expiring ON requests (expires) WHERE leased = 1;

-- Live leases alone, so that a call's look-up is one search of a small tree. A lease may be taken before its request is
-- added, in the same turn.
CREATE TABLE leases (
	virtual_number TEXT NOT NULL,
	caller TEXT NOT NULL,
	request TEXT NOT NULL UNIQUE REFERENCES requests (id) DEFERRABLE INITIALLY DEFERRED,
	PRIMARY KEY (virtual_number, caller)
) STRICT, WITHOUT ROWID;

-- Quarantine: pairs that were leased and are not given again before their time.
CREATE TABLE lease_rests (
	virtual_number TEXT NOT NULL,
	caller TEXT NOT NULL,
	until INTEGER NOT NULL,
	PRIMARY KEY (virtual_number, caller)
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_rests_until ON lease_rests (until);

CREATE TABLE billing_keys (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	registration TEXT NOT NULL,
	customer_ref TEXT NOT NULL,
	pg TEXT NOT NULL,
	pg_billing_key TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('issued', 'suspended', 'deleted')),
	phone TEXT NOT NULL,
	card_bin TEXT NOT NULL CHECK (length(card_bin) <= 8),
	card_last4 TEXT NOT NULL CHECK (length(card_last4) <= 4),
	card_brand TEXT NOT NULL,
	card_issuer TEXT NOT NULL,
	card_type INTEGER NOT NULL,
	fingerprint BLOB NOT NULL,
	delete_reason TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	last_used INTEGER NOT NULL
) STRICT;

CREATE TABLE calls (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	line_call INTEGER NOT NULL,
	span INTEGER NOT NULL,
	channel INTEGER NOT NULL,
	called TEXT NOT NULL,
	caller TEXT NOT NULL,
	screening INTEGER NOT NULL,
	presentation INTEGER NOT NULL,
	diverted INTEGER NOT NULL,
	request TEXT NOT NULL,
	merchant TEXT NOT NULL,
	scenario TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	state TEXT NOT NULL,
	step TEXT NOT NULL,
	cause INTEGER NOT NULL,
	offered INTEGER NOT NULL,
	answered INTEGER NOT NULL,
	ended INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_open ON calls (seq) WHERE ended = 0;

CREATE TABLE call_steps (
	seq INTEGER PRIMARY KEY,
	call TEXT NOT NULL REFERENCES calls (id),
	at INTEGER NOT NULL,
	what TEXT NOT NULL,
	step TEXT NOT NULL,
	detail TEXT NOT NULL
) STRICT;
CREATE INDEX call_steps_call ON call_steps (call);

CREATE TABLE consents (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	call TEXT NOT NULL,
	kind TEXT NOT NULL,
	scenario TEXT NOT NULL,
	scenario_hash TEXT NOT NULL,
	prompts TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	consent_key TEXT NOT NULL CHECK (length(consent_key) <= 1),
	called TEXT NOT NULL,
	caller TEXT NOT NULL,
	screening INTEGER NOT NULL,
	software TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_request ON consents (request);

-- id is the order id towards the PG: unique for ever, so no two exchanges can be taken for one.
CREATE TABLE attempts (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	verb TEXT NOT NULL,
	state TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
	currency TEXT NOT NULL,
	code TEXT NOT NULL,
	message TEXT NOT NULL,
	tid TEXT NOT NULL,
	approval_no TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_request ON attempts (request);
CREATE INDEX attempts_open ON attempts (seq) WHERE state IN ('intended', 'sent', 'unknown', 'canceling');

CREATE TABLE outbox (
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL CHECK (kind IN ('sms', 'webhook', 'pg_expire')),
	ref TEXT NOT NULL,
	request TEXT NOT NULL,
	merchant TEXT NOT NULL,
	destination TEXT NOT NULL,
	body TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'done', 'refused', 'given_up')),
	tries INTEGER NOT NULL,
	detail TEXT NOT NULL,
	created INTEGER NOT NULL,
	next_try INTEGER NOT NULL,
	UNIQUE (kind, ref)
) STRICT;
CREATE INDEX outbox_due ON outbox (next_try, id) WHERE state = 'waiting';
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';

CREATE TABLE events (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	request TEXT NOT NULL,
	type TEXT NOT NULL,
	body TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_request ON events (request);

CREATE TABLE idempotency (
	merchant TEXT NOT NULL REFERENCES merchants (id),
	route TEXT NOT NULL,
	idempotency_key TEXT NOT NULL,
	body_hash BLOB NOT NULL,
	status INTEGER NOT NULL,
	body TEXT NOT NULL,
	expires INTEGER NOT NULL,
	PRIMARY KEY (merchant, route, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expires ON idempotency (expires);
