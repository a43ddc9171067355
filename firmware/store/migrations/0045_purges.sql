-- 0045_purges: what goes after 30 days is found by its age among what is told: outbox_told was not taken for that (every row has a
-- kind, and an equality counts for more than a range), and all deliveries were read and sorted every five seconds.

DROP INDEX outbox_told;
CREATE INDEX outbox_told ON outbox (kind, created) WHERE state NOT IN ('waiting', 'sending');
