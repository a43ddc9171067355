-- 0064_sms_replaced: the first character of a text message that the Korean character set does not have, and that was replaced; '' none.

ALTER TABLE sms ADD COLUMN replaced TEXT NOT NULL DEFAULT '';
