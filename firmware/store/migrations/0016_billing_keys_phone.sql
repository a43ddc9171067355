-- 0016_billing_keys_phone: what is registered for a telephone, whoever asked for it: its holder calls to end it.

CREATE INDEX billing_keys_phone ON billing_keys (phone) WHERE status <> 'deleted';
