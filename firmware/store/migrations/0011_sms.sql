-- 0011_sms: what became of each text message, beside the outbox, whose rows end when a provider has taken it; and merchants' own
-- texts. id is the outbox's ref. unsure: how often in a row provider may have it without having said so.

CREATE TABLE sms (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	status TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'delivered', 'undelivered', 'failed')),
	provider TEXT NOT NULL,
	provider_id TEXT NOT NULL,
	unsure INTEGER NOT NULL,
	lms INTEGER NOT NULL,
	subject TEXT NOT NULL,
	detail TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
CREATE INDEX sms_request ON sms (request, seq);
CREATE INDEX sms_provider_id ON sms (provider, provider_id) WHERE provider_id <> '';

CREATE TABLE sms_templates (
	merchant TEXT NOT NULL REFERENCES merchants (id),
	name TEXT NOT NULL,
	language TEXT NOT NULL,
	text TEXT NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (merchant, name, language)
) STRICT, WITHOUT ROWID;
