-- 0014_schedules: payments that are made by themselves, on days that were agreed on. next_run is that time by the merchant's
-- clock, due the same by ours; both 0 for a schedule that is not active. starts, ends: days since 1970 in Korea.

CREATE TABLE schedules (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	billing_key TEXT NOT NULL REFERENCES billing_keys (id),
	state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
	reason TEXT NOT NULL,
	order_id TEXT NOT NULL,
	order_name TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
	currency TEXT NOT NULL,
	cycle TEXT NOT NULL,
	consent_skip INTEGER NOT NULL,
	other_card_allowed INTEGER NOT NULL,
	sms_skip INTEGER NOT NULL,
	instalment_mode TEXT NOT NULL,
	instalment_months INTEGER NOT NULL,
	instalment_allowed TEXT NOT NULL,
	interest_free TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	expires_in_s INTEGER NOT NULL,
	repeat INTEGER NOT NULL,
	month_day INTEGER NOT NULL,
	every_days INTEGER NOT NULL,
	minute INTEGER NOT NULL,
	starts INTEGER NOT NULL,
	ends INTEGER NOT NULL,
	runs_most INTEGER NOT NULL,
	runs INTEGER NOT NULL,
	missed INTEGER NOT NULL,
	delay TEXT NOT NULL,
	last_payment TEXT NOT NULL,
	next_run INTEGER NOT NULL,
	due INTEGER NOT NULL,
	last_run INTEGER NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
CREATE INDEX schedules_due ON schedules (due) WHERE state = 'active';
CREATE INDEX schedules_key ON schedules (billing_key);
CREATE INDEX schedules_of ON schedules (merchant, created);
CREATE INDEX schedules_of_state ON schedules (merchant, state, created);
CREATE INDEX schedules_of_key ON schedules (merchant, billing_key, created);

ALTER TABLE requests ADD COLUMN schedule TEXT NOT NULL DEFAULT '';
CREATE INDEX requests_schedule ON requests (merchant, schedule, created) WHERE schedule <> '';
