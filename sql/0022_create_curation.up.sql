-- Videos, what users do with them, and what is recommended to them. The rules are in worker/domain/curation/.

-- The factor of a keyword for its interaction score; curation_boost in C is the same rule.
CREATE FUNCTION keyword_boost(score double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN score > 0.8 THEN 1.5 WHEN score < 0.3 THEN 0.5 ELSE 1 END;

CREATE TABLE videos (
	video_id	varchar(255) PRIMARY KEY,
	title		text NOT NULL,
	description	text NOT NULL DEFAULT '',
	channel_id	text NOT NULL DEFAULT '',
	channel_title	text NOT NULL DEFAULT '',
	published_at	timestamptz NOT NULL DEFAULT now(),
	duration_s	int,
	view_count	bigint NOT NULL DEFAULT 0,
	like_count	bigint NOT NULL DEFAULT 0,
	comment_count	bigint NOT NULL DEFAULT 0,
	keywords	text[] NOT NULL DEFAULT '{}',		-- lower case, each once
	emotions	jsonb NOT NULL DEFAULT '{}',		-- name: 0 to 1
	quality_score	double precision NOT NULL DEFAULT 0,	-- as of fetched_at; ranking uses the age of the moment
	language	text,
	source		text NOT NULL DEFAULT 'import',
	search_text	text NOT NULL DEFAULT '',		-- what a search looks at: title and channel
	fetched_at	timestamptz NOT NULL DEFAULT now(),
	hidden_at	timestamptz,				-- by an editor
	pinned_until	timestamptz
);
CREATE INDEX videos_newest ON videos (published_at DESC, video_id DESC) WHERE hidden_at IS NULL;
CREATE INDEX videos_popular ON videos (view_count DESC, video_id DESC) WHERE hidden_at IS NULL;
CREATE INDEX videos_quality ON videos (quality_score DESC, video_id DESC) WHERE hidden_at IS NULL;
CREATE INDEX videos_channel ON videos (channel_id);
CREATE INDEX videos_pinned ON videos (pinned_until) WHERE pinned_until IS NOT NULL;
CREATE INDEX videos_search ON videos USING gin (search_grams(search_text));

CREATE FUNCTION video_doc(v videos) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('videoId', (v).video_id, 'title', (v).title, 'description', (v).description, 'channelId', (v).channel_id,
	'channelTitle', (v).channel_title, 'publishedAt', iso((v).published_at), 'durationSeconds', (v).duration_s,
	'viewCount', (v).view_count, 'likeCount', (v).like_count, 'commentCount', (v).comment_count, 'keywords', to_jsonb((v).keywords),
	'emotions', (v).emotions, 'qualityScore', round((v).quality_score::numeric, 4), 'language', (v).language, 'source', (v).source,
	'fetchedAt', iso((v).fetched_at), 'hiddenAt', iso((v).hidden_at), 'pinnedUntil', iso((v).pinned_until));

-- The best videos of a keyword, by index.
CREATE TABLE video_keywords (
	video_id	varchar(255) NOT NULL REFERENCES videos ON DELETE CASCADE,
	keyword		text NOT NULL,
	quality		real NOT NULL,
	PRIMARY KEY (video_id, keyword)
);
CREATE INDEX video_keywords_best ON video_keywords (keyword, quality DESC, video_id);

CREATE TABLE video_classifications (
	video_id	varchar(255) NOT NULL REFERENCES videos ON DELETE CASCADE,
	model		text NOT NULL,
	prompt_version	text NOT NULL,
	at		timestamptz NOT NULL DEFAULT now(),
	confidence	double precision,
	labels		jsonb NOT NULL DEFAULT '{}',
	PRIMARY KEY (video_id, model, prompt_version)
);

CREATE TABLE trend_keywords (
	keyword		text PRIMARY KEY,
	score		double precision NOT NULL,
	growth		double precision NOT NULL,		-- 1: steady
	window_s	int NOT NULL,				-- half-life of the count
	source		text NOT NULL DEFAULT 'interactions',
	is_active	boolean NOT NULL DEFAULT true,
	since		timestamptz NOT NULL DEFAULT now(),	-- when it became active
	updated_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX trend_keywords_active ON trend_keywords (score DESC) WHERE is_active;

CREATE TABLE user_keyword_preferences (
	user_id		text NOT NULL,
	keyword		text NOT NULL,
	interaction_score double precision NOT NULL DEFAULT 0.5 CHECK (interaction_score BETWEEN 0 AND 1),
	boost_factor	double precision GENERATED ALWAYS AS (keyword_boost(interaction_score)) STORED,
	events		double precision NOT NULL DEFAULT 0,	-- interactions that shaped it, each by its weight
	updated_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, keyword)
) WITH (fillfactor = 85);
SELECT own_rows('user_keyword_preferences', 'user_id');

-- tx: the transaction that stored it. Everything below the oldest one under way is final, which cron's watermark relies on.
CREATE SEQUENCE user_video_interactions_seq;
CREATE TABLE user_video_interactions (
	id		bigint NOT NULL DEFAULT nextval('user_video_interactions_seq'),
	user_id		text NOT NULL,
	video_id	varchar(255) NOT NULL,
	type		text NOT NULL CHECK (type IN ('view', 'like', 'share', 'skip', 'save', 'hide')),
	watch_ms	bigint,
	recommendation_id uuid,
	at		timestamptz NOT NULL DEFAULT now(),
	tx		bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint
) PARTITION BY RANGE (at);
CREATE INDEX user_video_interactions_user ON user_video_interactions (user_id, at DESC);
CREATE INDEX user_video_interactions_video ON user_video_interactions (video_id, at DESC);
CREATE INDEX user_video_interactions_at ON user_video_interactions USING brin (at);
CREATE INDEX user_video_interactions_tx ON user_video_interactions (tx);
CREATE TABLE user_video_interactions_default PARTITION OF user_video_interactions DEFAULT;
SELECT make_month_partitions('user_video_interactions', 2);
SELECT own_rows('user_video_interactions', 'user_id');

-- What an interaction says: above 0 the user liked the video, 0 nothing, below 0 not.
CREATE FUNCTION interaction_strength(type text, watch_ms bigint) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE type WHEN 'view' THEN CASE WHEN watch_ms < 5000 THEN 0 ELSE 1 END WHEN 'like' THEN 1.5 WHEN 'share' THEN 1.5
	WHEN 'save' THEN 1.5 WHEN 'skip' THEN -0.5 ELSE -2 END;

-- How an interaction shapes the preference for the video's keywords: towards which score, and with what weight.
CREATE FUNCTION interaction_target(type text, watch_ms bigint) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE type WHEN 'view' THEN CASE WHEN watch_ms < 5000 THEN 0.3 ELSE 0.7 END WHEN 'skip' THEN 0.1 WHEN 'hide' THEN 0 ELSE 1 END;
CREATE FUNCTION interaction_weight(type text) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE type WHEN 'view' THEN 1 WHEN 'skip' THEN 1.5 WHEN 'hide' THEN 5 ELSE 3 END;

-- What is watched together: of each video how many users had it, how much it is watched lately (log2 of a count that halves every
-- week, as of 2025), and its nearest neighbours, nearest first.
CREATE TABLE video_affinities (
	video_id	varchar(255) PRIMARY KEY,
	key		bigint GENERATED ALWAYS AS (hashtextextended(video_id, 0)) STORED,	-- joins faster than text
	users		int NOT NULL DEFAULT 0,
	heat		double precision NOT NULL DEFAULT 0,
	neighbours	text[] NOT NULL DEFAULT '{}',
	weights		real[] NOT NULL DEFAULT '{}',
	computed_at	timestamptz
);
CREATE INDEX video_affinities_key ON video_affinities (key);
CREATE INDEX video_affinities_heat ON video_affinities (heat DESC);
-- Videos whose neighbours are to be computed anew.
CREATE TABLE video_affinity_queue (
	video_id	varchar(255) PRIMARY KEY,
	queued_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX video_affinity_queue_next ON video_affinity_queue (queued_at);
CREATE TABLE curation_state (
	name		text PRIMARY KEY,
	value		bigint NOT NULL
);

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

CREATE TABLE video_search_sessions (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_id		text,					-- NULL: anonymous
	query		text NOT NULL,
	results		int NOT NULL,
	source		text NOT NULL,				-- 'local', or the API that was asked
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX video_search_sessions_user ON video_search_sessions (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX video_search_sessions_created ON video_search_sessions USING brin (created_at);
SELECT own_rows('video_search_sessions', 'user_id');

-- What was recommended, so that a click finds the list that it came from.
CREATE TABLE recommendation_lists (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	user_id		text NOT NULL,
	type		text NOT NULL CHECK (type IN ('videos', 'similar', 'products')),
	algorithm	text NOT NULL,
	item_ids	text[] NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now(),
	clicked_at	timestamptz				-- the first click
);
CREATE INDEX recommendation_lists_user ON recommendation_lists (user_id, created_at DESC);
CREATE INDEX recommendation_lists_created ON recommendation_lists (created_at);
SELECT own_rows('recommendation_lists', 'user_id');

CREATE TABLE editor_lists (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	action		text NOT NULL CHECK (action IN ('pin', 'block', 'boost')),
	target		text NOT NULL CHECK (target IN ('channel', 'keyword', 'video')),
	value		text NOT NULL,
	factor		double precision NOT NULL DEFAULT 1,	-- of a boost
	until		timestamptz NOT NULL DEFAULT 'infinity',
	note		text NOT NULL DEFAULT '',
	created_by	text,
	created_at	timestamptz NOT NULL DEFAULT now(),
	UNIQUE (action, target, value)
);
