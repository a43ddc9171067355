-- 0061_schedule_made_for: when the last run that was made was due, by the merchant's clock; 0: none, or before this.
ALTER TABLE schedules ADD COLUMN made_for INTEGER NOT NULL DEFAULT 0;
