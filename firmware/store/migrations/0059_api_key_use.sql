-- 0059_api_key_use: when a key was last used, to the hour; 0: not since this is kept. The end of one that is still used is told in time.
ALTER TABLE api_keys ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
CREATE INDEX api_keys_ending ON api_keys (until) WHERE until > 0;
CREATE INDEX webhook_endpoints_ending ON webhook_endpoints (before_until) WHERE before_until > 0;
