-- 0056_sms_told: what merchants are told of a text message: which text it was, and whether another provider than the first has it.

ALTER TABLE sms ADD COLUMN template TEXT NOT NULL DEFAULT '';
ALTER TABLE sms ADD COLUMN fallback INTEGER NOT NULL DEFAULT 0;
