-- 0060_tax_parts: what of a payment's amount is free of tax, and what is VAT; -1: not said, as the gateway reckons it.
ALTER TABLE requests ADD COLUMN tax_free_minor INTEGER NOT NULL DEFAULT -1;
ALTER TABLE requests ADD COLUMN vat_minor INTEGER NOT NULL DEFAULT -1;
ALTER TABLE schedules ADD COLUMN tax_free_minor INTEGER NOT NULL DEFAULT -1;
ALTER TABLE schedules ADD COLUMN vat_minor INTEGER NOT NULL DEFAULT -1;
