-- Compute the neighbours of queued videos, oldest first, of about `most` users together. A user's videos lie in a row, by time: two at a
-- distance of n have exp(-n / 10) in common, up to 30. The sum over the latest `max_users` of a video, of whom each stands for as many as
-- were left out, is divided by users^0.5 of the one and users^0.4 of the other video. `kept`: neighbours of a video.
-- Nested loops are off: with statistics of a time when the tables were empty they took minutes for 100,000 interactions, instead of seconds.
CREATE FUNCTION compute_affinities(most int, max_users int, max_items int, kept int, OUT done bigint, OUT queued bigint)
LANGUAGE sql SET jit = off SET work_mem = '64MB' SET enable_mergejoin = off SET enable_nestloop = off AS $$
	WITH batch AS MATERIALIZED (
		SELECT video_id, users, hashtextextended(video_id, 0) AS key
		FROM (SELECT q.video_id, coalesce(a.users, 0) AS users,
			sum(least(coalesce(a.users, 0), max_users)) OVER (ORDER BY q.queued_at, q.video_id) - least(coalesce(a.users, 0), max_users) AS before
			FROM (SELECT * FROM video_affinity_queue ORDER BY queued_at, video_id LIMIT 5000) q LEFT JOIN video_affinities a USING (video_id)) x
		WHERE before < most),
	watcher AS MATERIALIZED (
		SELECT b.key, u.user_id, hashtextextended(u.user_id, 0) AS reader, b.users::float8 / count(*) OVER (PARTITION BY b.key) AS stands_for
		FROM batch b, LATERAL (
			SELECT user_id FROM user_video_interactions i
			WHERE i.video_id = b.video_id AND interaction_strength(i.type, i.watch_ms) > 0
			GROUP BY user_id ORDER BY max(at) DESC LIMIT max_users) u),
	shelf AS MATERIALIZED (
		SELECT u.reader, s.key, s.place, s.place / 30 AS stretch
		FROM (SELECT DISTINCT user_id, reader FROM watcher) u, LATERAL (
			SELECT key, row_number() OVER (ORDER BY max(at) DESC, max(id) DESC)::int AS place FROM (
				SELECT hashtextextended(i.video_id, 0) AS key, at, id, interaction_strength(i.type, i.watch_ms) AS strength
				FROM user_video_interactions i WHERE i.user_id = u.user_id ORDER BY at DESC LIMIT max_items) r
			WHERE strength > 0 GROUP BY key) s),
	own AS MATERIALIZED (
		SELECT w.key, w.reader, w.stands_for, o.place, o.stretch + step AS stretch
		FROM watcher w JOIN shelf o USING (reader, key) CROSS JOIN generate_series(-1, 1) AS step),
	pair AS (
		SELECT o.key, s.key AS other, sum(exp(-abs(s.place - o.place) / 10.0::float8) * o.stands_for) AS common
		FROM own o JOIN shelf s ON s.reader = o.reader AND s.stretch = o.stretch
		WHERE s.place <> o.place AND abs(s.place - o.place) <= 30 GROUP BY 1, 2),
	near AS (
		SELECT p.key, a.video_id, p.common / power(greatest(a.users, 1)::float8, 0.4) AS weight FROM pair p JOIN video_affinities a ON a.key = p.other),
	best AS (
		SELECT key, array_agg(video_id ORDER BY weight DESC, video_id) AS neighbours, array_agg(weight ORDER BY weight DESC, video_id) AS weights
		FROM (SELECT *, row_number() OVER (PARTITION BY key ORDER BY weight DESC, video_id) AS place FROM near) r
		WHERE place <= kept GROUP BY 1),
	put AS (
		UPDATE video_affinities a SET neighbours = coalesce(x.neighbours, '{}'), computed_at = now(),
			weights = coalesce((SELECT array_agg((w / sqrt(greatest(b.users, 1)))::real ORDER BY n) FROM unnest(x.weights) WITH ORDINALITY t (w, n)), '{}')
		FROM batch b LEFT JOIN best x USING (key) WHERE a.video_id = b.video_id),
	gone AS (DELETE FROM video_affinity_queue q USING batch b WHERE q.video_id = b.video_id RETURNING 1)
	SELECT count(*), (SELECT count(*) FROM video_affinity_queue) - count(*) FROM gone
$$;
UPDATE video_affinities a SET (neighbours, weights) = (
	SELECT coalesce(array_agg(b.video_id ORDER BY place), '{}'), coalesce(array_agg(weight ORDER BY place), '{}')
	FROM unnest(a.neighbour_keys, a.weights) WITH ORDINALITY AS x (key, weight, place) JOIN video_affinities b USING (key));
ALTER TABLE video_affinities DROP COLUMN neighbour_keys;
