-- 0052_reconciliation_open: what a day's comparison came to stays open until it is settled (the day is compared again, and clean) or
-- acknowledged by an operator, with a note. digest: of the differences, so that what was acknowledged is known again.

ALTER TABLE reconciliations ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE reconciliations ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reconciliations ADD COLUMN note TEXT NOT NULL DEFAULT '';
CREATE INDEX reconciliations_open ON reconciliations (day) WHERE acknowledged = 0 AND (state = 'failed' OR differences > 0);
