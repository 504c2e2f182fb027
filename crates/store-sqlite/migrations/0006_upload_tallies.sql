-- How much platforms have uploaded that no invoice has: by the first two digits of the names and the hour of the upload,
-- bytes, in whole blocks of 4096.
CREATE TABLE upload_tallies (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE INDEX upload_tallies_unused ON upload_tallies (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
INSERT INTO upload_tallies (owner, id, version, unused_since_ms, body)
SELECT owner, part, MAX(version), (MAX(hour) + 1) * 3600000 - 1, json_object('hours', json_group_object(CAST(hour AS TEXT), bytes))
FROM (SELECT owner, substr(id, 1, 2) AS part, (body ->> 'uploaded_ms') / 3600000 AS hour, MAX(version) AS version,
             SUM(((body ->> 'size_bytes') + 4095) / 4096 * 4096) AS bytes
      FROM platform_pdfs WHERE unused_since_ms IS NOT NULL GROUP BY 1, 2, 3) AS uploaded
GROUP BY owner, part;
