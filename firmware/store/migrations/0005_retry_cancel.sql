-- 0005_retry_cancel: a payment that failed is begun again under its own id: attempts_before is how many attempts had been made
-- until then. What was given back of an approved payment is summed in canceled_minor.

ALTER TABLE requests ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN retried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN canceled_minor INTEGER NOT NULL DEFAULT 0;

-- id is the order id of the cancellation towards the PG: unique for ever, so that it is done once however often it is asked for.
CREATE TABLE cancellations (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	merchant TEXT NOT NULL,
	pg TEXT NOT NULL,
	order_id TEXT NOT NULL,
	tid TEXT NOT NULL,
	ordered INTEGER NOT NULL,
	state TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
	currency TEXT NOT NULL,
	tax_free_minor INTEGER NOT NULL CHECK (tax_free_minor >= 0),
	vat_minor INTEGER NOT NULL CHECK (vat_minor >= -1),
	whole INTEGER NOT NULL,
	reason TEXT NOT NULL,
	requester TEXT NOT NULL,
	code TEXT NOT NULL,
	message TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	canceled INTEGER NOT NULL
) STRICT;
CREATE INDEX cancellations_request ON cancellations (request);
CREATE INDEX cancellations_open ON cancellations (seq) WHERE state IN ('requested', 'sent', 'unknown', 'sent_again', 'doubted');
