-- 0049_accounts: a merchant has an account with two sides, one for tests and one that is live. Each side is a row of merchants, so that
-- all that is kept by merchant is kept by side. An account has the id of the side that it was opened with.

ALTER TABLE merchants ADD COLUMN account TEXT NOT NULL DEFAULT '';
UPDATE merchants SET account = id;
CREATE UNIQUE INDEX merchants_account ON merchants (account, live);
