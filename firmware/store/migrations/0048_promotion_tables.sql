-- 0048_promotion_tables: which instalments are free of interest, as each gateway last told. A table is replaced as a whole, by the
-- gateway's name. told: when. Days are Korea's, since 1970; most_minor 0: no limit; months: bit n for n months.

CREATE TABLE promotion_tables (
	pg TEXT NOT NULL PRIMARY KEY,
	told INTEGER NOT NULL,
	left_out INTEGER NOT NULL CHECK (left_out >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE promotion_rows (
	pg TEXT NOT NULL REFERENCES promotion_tables (pg),
	place INTEGER NOT NULL,
	issuer TEXT NOT NULL,
	months INTEGER NOT NULL CHECK (months > 0),
	least_minor INTEGER NOT NULL CHECK (least_minor >= 0),
	most_minor INTEGER NOT NULL CHECK (most_minor = 0 OR most_minor >= least_minor),
	from_day INTEGER NOT NULL,
	until_day INTEGER NOT NULL CHECK (until_day >= from_day),
	PRIMARY KEY (pg, place)
) STRICT, WITHOUT ROWID;
