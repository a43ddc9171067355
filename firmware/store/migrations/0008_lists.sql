-- 0008_lists: what a merchant lists, newest first, by time and state: each page is one search of an index.
CREATE INDEX requests_of ON requests (merchant, kind, created);
CREATE INDEX requests_of_state ON requests (merchant, kind, state, created);
CREATE INDEX billing_keys_of ON billing_keys (merchant, created);
CREATE INDEX billing_keys_status ON billing_keys (merchant, status, created);
CREATE INDEX billing_keys_customer ON billing_keys (merchant, customer_ref, created);
CREATE INDEX calls_of ON calls (merchant, offered);
CREATE INDEX calls_state ON calls (merchant, state, offered);
CREATE INDEX calls_request ON calls (merchant, request, offered);
CREATE INDEX events_of ON events (merchant, at);
CREATE INDEX events_type ON events (merchant, type, at);
DROP INDEX events_request;
CREATE INDEX events_request ON events (merchant, request, at);
