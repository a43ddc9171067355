-- 0009_webhook_endpoints: where a merchant wants which events, and with which secrets they are signed: a secret that was replaced
-- signs along until before_until. The address a merchant was made with becomes its first endpoint. A webhook's ref in the outbox is
-- its event's id, a dot and its endpoint's seq: one delivery for each event and endpoint,
-- and no endpoint ever has the number of one that was deleted.
CREATE TABLE webhook_endpoints (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	url TEXT NOT NULL,
	events TEXT NOT NULL,
	enabled INTEGER NOT NULL,
	secret TEXT NOT NULL,
	secret_before TEXT NOT NULL,
	before_until INTEGER NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_endpoints_of ON webhook_endpoints (merchant, created);

INSERT INTO webhook_endpoints (id, merchant, url, events, enabled, secret, secret_before, before_until, created, updated)
	SELECT 'we_0' || substr(lower(hex(randomblob(13))), 1, 25), id, webhook_url, '', 1, webhook_secret, '', 0, created, created
	FROM merchants WHERE webhook_url <> '';
UPDATE outbox SET ref = ref || '.' || (SELECT seq FROM webhook_endpoints WHERE webhook_endpoints.merchant = outbox.merchant)
	WHERE kind = 'webhook' AND EXISTS (SELECT 1 FROM webhook_endpoints WHERE webhook_endpoints.merchant = outbox.merchant);

CREATE INDEX events_at ON events (at);
CREATE INDEX outbox_told ON outbox (created) WHERE kind = 'webhook';
