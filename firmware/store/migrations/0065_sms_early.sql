-- 0065_sms_early: an SMS centre may send the receipt of a message before it has answered the message itself: it waits here for the id.
-- delivered: 1, or 0 for undelivered; what is under way is no word at all.

CREATE TABLE sms_early (
	provider TEXT NOT NULL,
	provider_id TEXT NOT NULL,
	delivered INTEGER NOT NULL CHECK (delivered IN (0, 1)),
	detail TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (provider, provider_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_early_at ON sms_early (at);
