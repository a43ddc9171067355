-- 0041_sealed_numbers: customers' telephone numbers are sealed in their columns. Where one is looked for stands its blind index: the
-- number of a data key, a slash, and half of an HMAC-SHA256 under a key that the store does not have. A lease needs no more than that;
-- its request has the number. What is clear until the job comes (column_jobs) is found as before: leases and rests by digits, which have
-- no slash, and a billing key without phone_index by its phone.

ALTER TABLE column_keys ADD COLUMN index_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lease_rests ADD COLUMN request TEXT NOT NULL DEFAULT '';
ALTER TABLE billing_keys ADD COLUMN phone_index TEXT NOT NULL DEFAULT '';
DROP INDEX billing_keys_phone;
CREATE INDEX billing_keys_phone_clear ON billing_keys (phone) WHERE status <> 'deleted' AND phone_index = '';
CREATE INDEX billing_keys_phone_index ON billing_keys (phone_index) WHERE status <> 'deleted' AND phone_index <> '';
INSERT INTO column_jobs (name, data_key, at, renewed, unreadable, done)
	VALUES ('requests', 0, 0, 0, 0, 0), ('lease_rests', 0, 0, 0, 0, 0), ('calls', 0, 0, 0, 0, 0);
UPDATE column_jobs SET data_key = 0, at = 0, done = 0;
