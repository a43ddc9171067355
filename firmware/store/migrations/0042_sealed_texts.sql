-- 0042_sealed_texts: what repeats a customer's number is sealed too: consents and their records, events, answers kept for repeats. A
-- webhook's body is its event's: it stands there once. The job of 0031 comes by what stands clear.

INSERT INTO column_jobs (name, data_key, at, renewed, unreadable, done)
	VALUES ('consents', 0, 0, 0, 0, 0), ('consent_chain', 0, 0, 0, 0, 0), ('events', 0, 0, 0, 0, 0), ('idempotency', 0, 0, 0, 0, 0);
UPDATE column_jobs SET data_key = 0, at = 0, done = 0 WHERE name = 'outbox';
