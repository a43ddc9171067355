-- 0066_sms_retries: which try of its payment a text message is of is counted, and not told by two times of day of which one may have been
-- set back. Of messages from before the last try no more is known than that.

ALTER TABLE sms ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
UPDATE sms SET retries = COALESCE((SELECT r.retries FROM requests r WHERE r.id = sms.request AND sms.created >= r.retried), 0);
ALTER TABLE requests DROP COLUMN retried;
