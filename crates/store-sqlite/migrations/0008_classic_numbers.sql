-- A classic invoice is found by its number alone too (field 4), beside its code and number joined.
INSERT INTO unindexed (kind, owner, id, before, before_ms, now, now_ms)
SELECT 2, owner, id, fields, time_ms, json_insert(fields, '$[#]', json_array(4, body ->> '$.state.issued.number')), time_ms
FROM invoice_requests WHERE body ->> '$.state.issued.code' <> '';
UPDATE invoice_requests SET fields = json_insert(fields, '$[#]', json_array(4, body ->> '$.state.issued.number'))
WHERE body ->> '$.state.issued.code' <> '';
