-- 0004_span_bins: how good the lines' seconds were and what drivers counted: by quarters of an hour for a day, and since a mark that the
-- operator sets. Spans are known by their names: numbers change with the configuration. told_*: what that start of trunkd (boot) has
-- told of the quarter so far, for it tells sums. measured: bits of the five errors, in this order, that a driver counted.

CREATE TABLE span_bins (
	span TEXT NOT NULL,
	quarter INTEGER NOT NULL,
	began INTEGER NOT NULL,
	boot INTEGER NOT NULL,
	seconds INTEGER NOT NULL,
	es INTEGER NOT NULL,
	ses INTEGER NOT NULL,
	uas INTEGER NOT NULL,
	code_violations INTEGER NOT NULL,
	crc_errors INTEGER NOT NULL,
	e_bits INTEGER NOT NULL,
	framing_errors INTEGER NOT NULL,
	slips INTEGER NOT NULL,
	measured INTEGER NOT NULL,
	told_seconds INTEGER NOT NULL,
	told_es INTEGER NOT NULL,
	told_ses INTEGER NOT NULL,
	told_uas INTEGER NOT NULL,
	told_code_violations INTEGER NOT NULL,
	told_crc_errors INTEGER NOT NULL,
	told_e_bits INTEGER NOT NULL,
	told_framing_errors INTEGER NOT NULL,
	told_slips INTEGER NOT NULL,
	PRIMARY KEY (span, quarter)
) STRICT, WITHOUT ROWID;
CREATE INDEX span_bins_quarter ON span_bins (quarter);

CREATE TABLE span_counts (
	span TEXT NOT NULL PRIMARY KEY,
	since INTEGER NOT NULL,
	zeroed_by TEXT NOT NULL CHECK (zeroed_by IN ('', 'operator')),
	last INTEGER NOT NULL,
	seconds INTEGER NOT NULL,
	es INTEGER NOT NULL,
	ses INTEGER NOT NULL,
	uas INTEGER NOT NULL,
	code_violations INTEGER NOT NULL,
	crc_errors INTEGER NOT NULL,
	e_bits INTEGER NOT NULL,
	framing_errors INTEGER NOT NULL,
	slips INTEGER NOT NULL,
	measured INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
