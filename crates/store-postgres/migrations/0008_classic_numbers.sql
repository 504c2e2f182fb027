-- A classic invoice is found by its number alone too (field 4), beside its code and number joined.
WITH found AS (
  UPDATE invoice_requests SET terms = ARRAY(
    SELECT term FROM unnest(terms || ('4=' || (body::json #>> '{state,issued,number}'))) AS term ORDER BY term COLLATE "C")
  WHERE body IS NOT NULL AND body::json #>> '{state,issued,code}' <> ''
  RETURNING bucket, owner, id
)
INSERT INTO unindexed (bucket, kind, owner, id) SELECT bucket, 2, owner, id FROM found;
