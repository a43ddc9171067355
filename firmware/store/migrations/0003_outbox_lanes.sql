-- 0003_outbox_lanes: what is due is asked kind by kind, and without merchants who have enough under way, so that nobody's slow
-- server holds up the SMS of all.

DROP INDEX outbox_due;
DROP INDEX outbox_sending;
CREATE INDEX outbox_due ON outbox (kind, next_try, id, merchant) WHERE state = 'waiting';
CREATE INDEX outbox_sending ON outbox (kind, merchant) WHERE state = 'sending';
