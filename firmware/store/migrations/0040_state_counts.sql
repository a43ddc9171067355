-- 0040_state_counts: how many requests and deliveries are in each state, kept as they change: to count a million rows takes a second
-- in which nothing else is done, at each start and whenever an operator looks.

CREATE TABLE state_counts (
	what TEXT NOT NULL,
	state TEXT NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (what, state)
) STRICT, WITHOUT ROWID;
INSERT INTO state_counts (what, state, count)
	SELECT CASE kind WHEN 1 THEN 'registrations' ELSE 'payments' END, state, COUNT(*) FROM requests GROUP BY kind, state;
INSERT INTO state_counts (what, state, count) SELECT 'outbox', state, COUNT(*) FROM outbox GROUP BY state;

CREATE TRIGGER requests_counted AFTER INSERT ON requests BEGIN
	INSERT INTO state_counts (what, state, count) VALUES (CASE NEW.kind WHEN 1 THEN 'registrations' ELSE 'payments' END, NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER requests_recounted AFTER UPDATE OF state ON requests WHEN OLD.state <> NEW.state BEGIN
	UPDATE state_counts SET count = count - 1
		WHERE what = CASE OLD.kind WHEN 1 THEN 'registrations' ELSE 'payments' END AND state = OLD.state;
	INSERT INTO state_counts (what, state, count) VALUES (CASE NEW.kind WHEN 1 THEN 'registrations' ELSE 'payments' END, NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outbox_counted AFTER INSERT ON outbox BEGIN
	INSERT INTO state_counts (what, state, count) VALUES ('outbox', NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outbox_recounted AFTER UPDATE OF state ON outbox WHEN OLD.state <> NEW.state BEGIN
	UPDATE state_counts SET count = count - 1 WHERE what = 'outbox' AND state = OLD.state;
	INSERT INTO state_counts (what, state, count) VALUES ('outbox', NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outbox_uncounted AFTER DELETE ON outbox BEGIN
	UPDATE state_counts SET count = count - 1 WHERE what = 'outbox' AND state = OLD.state;
END;

-- And what was still looked for row by row.
CREATE INDEX reconciliation_merchants_day ON reconciliation_merchants (day);
