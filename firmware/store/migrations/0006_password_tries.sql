-- 0006_password_tries: how often a card was entered wrongly on a day, over all calls and merchants. Card companies block a card
-- after three. fingerprint is keystored's HMAC; nothing else of the card, and nothing of who entered it, is kept. day: days since
-- 1970 in Korea.

CREATE TABLE password_tries (
	fingerprint BLOB NOT NULL,
	day INTEGER NOT NULL,
	tries INTEGER NOT NULL CHECK (tries >= 0),
	PRIMARY KEY (fingerprint, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX password_tries_day ON password_tries (day);
