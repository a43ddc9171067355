-- 0002_attempt_pg: the gateway that an order went to. Which one a merchant uses may change while an order is open; to ask
-- another gateway after it would find nothing, and take a payment for undone.

ALTER TABLE attempts ADD COLUMN pg TEXT NOT NULL DEFAULT '';
