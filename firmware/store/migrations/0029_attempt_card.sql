-- 0029_attempt_card: which card an order was sealed for (keystored's HMAC), and the day that counts it as an entry of that card (days
-- since 1970 in Korea; 0: none). An answer that comes to a later arsd must find both.

ALTER TABLE attempts ADD COLUMN fingerprint BLOB NOT NULL DEFAULT x'';
ALTER TABLE attempts ADD COLUMN counted_day INTEGER NOT NULL DEFAULT 0;
