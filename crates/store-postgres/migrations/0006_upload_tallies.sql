-- How much platforms have uploaded that no invoice has: by the first two digits of the names and the hour of the upload,
-- bytes, in whole blocks of 4096.
CREATE TABLE upload_tallies (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, unused_since_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE INDEX upload_tallies_unused ON upload_tallies (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
INSERT INTO upload_tallies (bucket, owner, id, version, unused_since_ms, body)
SELECT bucket, owner, part, MAX(version), (MAX(hour) + 1) * 3600000 - 1, json_build_object('hours', json_object_agg(hour, bytes))::text
FROM (SELECT bucket, owner, substr(id, 1, 2) AS part, (body::json ->> 'uploaded_ms')::bigint / 3600000 AS hour, MAX(version) AS version,
             SUM(((body::json ->> 'size_bytes')::bigint + 4095) / 4096 * 4096) AS bytes
      FROM platform_pdfs WHERE unused_since_ms IS NOT NULL AND body IS NOT NULL GROUP BY 1, 2, 3, 4) AS uploaded
GROUP BY bucket, owner, part;
