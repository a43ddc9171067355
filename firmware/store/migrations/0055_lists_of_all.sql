-- 0055_lists_of_all: attempts, cancellations and consents are listed of a whole merchant too, by time and state.

ALTER TABLE attempts ADD COLUMN merchant TEXT NOT NULL DEFAULT '';
UPDATE attempts SET merchant = (SELECT merchant FROM requests WHERE requests.id = attempts.request);
CREATE INDEX attempts_of ON attempts (merchant, created);
CREATE INDEX attempts_of_state ON attempts (merchant, state, created);
CREATE INDEX cancellations_of ON cancellations (merchant, created);
CREATE INDEX cancellations_of_state ON cancellations (merchant, state, created);
-- Nearly all are signed: these are found among all, the few others by an index of their own.
CREATE INDEX consent_chain_of ON consent_chain (merchant, at);
CREATE INDEX consent_chain_of_unsigned ON consent_chain (merchant, at) WHERE sign_key = '';
