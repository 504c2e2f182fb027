-- Pay merchants, and which of them a merchant has linked (sections 11 and 12).
CREATE TABLE pay_merchants        (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE linked_pay_merchants (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE INDEX pay_merchants_changed ON pay_merchants (version);
CREATE INDEX pay_merchants_all ON pay_merchants (owner, id);
