-- 0013_api_keys: a merchant has several keys; one that was replaced or withdrawn counts until its time is over. until 0: no end.
ALTER TABLE api_keys ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
UPDATE api_keys SET id = 'key_0' || substr(lower(hex(randomblob(13))), 1, 25);
CREATE UNIQUE INDEX api_keys_id ON api_keys (id);
CREATE INDEX api_keys_of ON api_keys (merchant, created);
