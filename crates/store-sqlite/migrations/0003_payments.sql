-- Payments, their refunds, and what else they are called (section 13); codes by which users pay without a page.
-- The former grow with the business, so they lie in the order of their arrival.
CREATE TABLE payments        (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, time_ms INTEGER NOT NULL, fields TEXT NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE refunds         (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE payment_aliases (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE payer_codes     (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE INDEX payments_unused ON payments (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX payment_aliases_unused ON payment_aliases (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
