-- Payments, their refunds, and what else they are called (section 13); codes by which users pay without a page. Which pay merchant a merchant
-- has linked is resident from here on.
CREATE TABLE payments        (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, unused_since_ms BIGINT, time_ms BIGINT NOT NULL, terms TEXT[] COLLATE "C" NOT NULL, PRIMARY KEY (bucket, owner, id)) WITH (fillfactor = 80);
CREATE TABLE refunds         (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE payment_aliases (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, unused_since_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE payer_codes     (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE INDEX payments_by_time ON payments (bucket, owner, time_ms, id);
CREATE INDEX payments_unused ON payments (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX payment_aliases_unused ON payment_aliases (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX payments_gone ON payments (gone_ms) WHERE gone_ms IS NOT NULL;
CREATE INDEX payment_aliases_gone ON payment_aliases (gone_ms) WHERE gone_ms IS NOT NULL;
CREATE INDEX linked_pay_merchants_changed ON linked_pay_merchants (version);
