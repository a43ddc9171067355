-- 0053_store_damages: turns at the end of the store's log that were lost when it was opened, and whether the gateways' lists of the days
-- since the last thing that is known have been compared with what is left.

CREATE TABLE store_damages (
	id INTEGER PRIMARY KEY,
	found INTEGER NOT NULL,
	turns INTEGER NOT NULL,
	since INTEGER NOT NULL,
	compared INTEGER NOT NULL
) STRICT;
CREATE INDEX store_damages_open ON store_damages (id) WHERE compared = 0;
