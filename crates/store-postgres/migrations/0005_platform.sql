-- Card templates of platforms, the invoices that they insert, and whose each invoice's number is, whoever issued it:
-- of what was issued before, the first that has the number.
CREATE TABLE card_templates    (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE inserted_invoices (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, time_ms BIGINT NOT NULL, terms TEXT[] COLLATE "C" NOT NULL, PRIMARY KEY (bucket, owner, id));
CREATE TABLE taken_numbers     (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE INDEX inserted_invoices_by_time ON inserted_invoices (bucket, owner, time_ms, id);
INSERT INTO taken_numbers (bucket, owner, id, version, body)
SELECT get_byte(sha256(convert_to(name, 'UTF8')), 0), name, '', version,
       json_build_object('code', said ->> 'code', 'number', said ->> 'number', 'merchant', owner, 'serial', said ->> 'serial')::text
FROM (SELECT ltrim((body::json ->> 'code') || '-' || (body::json ->> 'number'), '-') AS name, body::json AS said, owner, version
      FROM invoice_numbers WHERE body IS NOT NULL) AS numbers
ORDER BY version ON CONFLICT DO NOTHING;
