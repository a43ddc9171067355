-- 0030_api_key_callers: from where, and with which client certificates, an API key counts. Joined by commas; '': from anywhere, without.
ALTER TABLE api_keys ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN certificates TEXT NOT NULL DEFAULT '';
