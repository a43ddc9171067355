-- 0015_test_clocks: by how much a test merchant's clock is ahead of ours. What waits for a time is kept by our clock; when the other
-- one is moved, all that waits for it comes nearer.

CREATE TABLE test_clocks (
	merchant TEXT NOT NULL PRIMARY KEY REFERENCES merchants (id),
	offset_ms INTEGER NOT NULL CHECK (offset_ms >= 0),
	updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
