-- Card templates of platforms, the invoices that they insert, and whose each invoice's number is, whoever issued it:
-- of what was issued before, the first that has the number.
CREATE TABLE card_templates    (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE inserted_invoices (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, time_ms INTEGER NOT NULL, fields TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE taken_numbers     (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
INSERT OR IGNORE INTO taken_numbers (seq, owner, id, version, body)
SELECT seq, ltrim(body ->> 'code' || '-' || (body ->> 'number'), '-'), '', version,
       json_object('code', body ->> 'code', 'number', body ->> 'number', 'merchant', owner, 'serial', body ->> 'serial')
FROM invoice_numbers ORDER BY seq;
