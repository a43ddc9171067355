-- 0012_reconciliations: each day held against each gateway's list of it: the last result, what differs, and how much agrees, by
-- merchant ('' where an order is nobody's that we know).

CREATE TABLE reconciliations (
	id TEXT NOT NULL PRIMARY KEY,
	day TEXT NOT NULL,
	pg TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('done', 'failed', 'no_list')),
	day_over INTEGER NOT NULL,
	listed INTEGER NOT NULL,
	differences INTEGER NOT NULL,
	message TEXT NOT NULL,
	started INTEGER NOT NULL,
	ended INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reconciliations_day ON reconciliations (day);

CREATE TABLE reconciliation_rows (
	seq INTEGER PRIMARY KEY,
	reconciliation TEXT NOT NULL REFERENCES reconciliations (id),
	day TEXT NOT NULL,
	pg TEXT NOT NULL,
	merchant TEXT NOT NULL,
	class TEXT NOT NULL,
	kind TEXT NOT NULL,
	order_id TEXT NOT NULL,
	request TEXT NOT NULL,
	our_state TEXT NOT NULL,
	their_state TEXT NOT NULL,
	our_minor INTEGER NOT NULL,
	their_minor INTEGER NOT NULL,
	our_currency TEXT NOT NULL,
	their_currency TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX reconciliation_rows_of ON reconciliation_rows (reconciliation);
CREATE INDEX reconciliation_rows_day ON reconciliation_rows (day, merchant);

CREATE TABLE reconciliation_merchants (
	reconciliation TEXT NOT NULL REFERENCES reconciliations (id),
	day TEXT NOT NULL,
	merchant TEXT NOT NULL,
	matched INTEGER NOT NULL,
	PRIMARY KEY (reconciliation, merchant)
) STRICT, WITHOUT ROWID;
CREATE INDEX reconciliation_merchants_of ON reconciliation_merchants (merchant, day);

-- What was paid and given back on a day, in the order of time.
CREATE INDEX requests_approved ON requests (approved) WHERE approved > 0;
CREATE INDEX cancellations_canceled ON cancellations (canceled) WHERE canceled > 0;
