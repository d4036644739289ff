-- Neighbours are computed by cron (worker/domain/curation/affinity.c) and kept as keys, half as large as names and faster to compare. The lists of
-- before stay until their videos are computed anew, which begins with the next round; `neighbours` is no longer written.
ALTER TABLE video_affinities ADD neighbour_keys bigint[] NOT NULL DEFAULT '{}';
UPDATE video_affinities SET neighbour_keys = ARRAY(
	SELECT hashtextextended(n, 0) FROM unnest(neighbours) WITH ORDINALITY AS x (n, place) ORDER BY place);
DROP FUNCTION compute_affinities(int, int, int, int);
