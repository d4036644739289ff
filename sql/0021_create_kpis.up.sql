-- By what the service is judged, day by day (UTC), and the records that it is counted from. The rules are in worker/domain/ops/kpi.h.

-- When users were there. Written every few minutes of a user's activity, not with each request; a pause of 30 minutes begins a session.
CREATE TABLE user_activity (
	user_id		text NOT NULL REFERENCES users ON DELETE CASCADE,
	day		date NOT NULL,
	sessions	int NOT NULL DEFAULT 1,
	seconds		int NOT NULL DEFAULT 0,			-- of all sessions
	last_at		timestamptz NOT NULL,
	PRIMARY KEY (day, user_id)
) WITH (fillfactor = 80);
CREATE INDEX user_activity_user ON user_activity (user_id, day);
SELECT own_rows('user_activity', 'user_id');

-- What each host has answered, and in which minutes any host was ready.
CREATE TABLE service_days (
	day		date NOT NULL,
	host		text NOT NULL,
	requests	bigint NOT NULL,
	failures	bigint NOT NULL,			-- answers with 5xx
	took		bigint[] NOT NULL,			-- the buckets of http_request_duration_seconds, then the sum in microseconds
	PRIMARY KEY (day, host)
);
CREATE TABLE service_minutes (
	minute		timestamptz PRIMARY KEY
);

CREATE TABLE kpi_daily (
	day		date NOT NULL,
	name		text NOT NULL,
	value		double precision,			-- NULL: not known
	reason		text,					-- why it is not
	computed_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (day, name)
);

-- What the curation knows of a day: videos viewed, lists recommended, and those of them that led to a click. NULL: there is no curation.
CREATE FUNCTION kpi_videos(of_day date, OUT views bigint, OUT shown bigint, OUT clicked bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
	since timestamptz := of_day::timestamp AT TIME ZONE 'UTC';
	until timestamptz := (of_day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
	IF to_regclass('user_video_interactions') IS NOT NULL THEN
		EXECUTE 'SELECT count(*) FROM user_video_interactions WHERE type = ''view'' AND at >= $1 AND at < $2' INTO views USING since, until;
	END IF;
	IF to_regclass('recommendation_lists') IS NOT NULL THEN
		EXECUTE 'SELECT count(*), count(clicked_at) FROM recommendation_lists WHERE created_at >= $1 AND created_at < $2'
			INTO shown, clicked USING since, until;
	END IF;
END $$;

-- How often a message has failed for good: when it is sent again and fails again, it comes back as another dead letter.
ALTER TABLE dead_letters ADD COLUMN attempts int NOT NULL DEFAULT 1;
CREATE TABLE dead_letter_retries (
	message_id	text PRIMARY KEY,
	attempts	int NOT NULL,
	retried_at	timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX security_logs_id ON security_logs (id DESC);

-- Names: up to two letters "**", else the first letter, a star an inner letter, the last letter.
CREATE OR REPLACE FUNCTION anon_name(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN length(name) > 2 THEN left(name, 1) || repeat('*', length(name) - 2) || right(name, 1) ELSE '**' END;
