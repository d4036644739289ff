-- Watch lists, notifications, batch jobs by the clock, who waits for an analysis, what neighbours say went wrong, and search.

CREATE TABLE watch_list (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_id		uuid NOT NULL REFERENCES users ON DELETE CASCADE,
	product_id	varchar(255) NOT NULL,			-- need not be in products
	product_name	text,					-- as neighbours say, for those that are not
	target_price	numeric(14,2) CHECK (target_price > 0),
	last_price	numeric(14,2),				-- last heard
	alerted_price	numeric(14,2),				-- the user was told of this one; NULL: armed
	frequency	text NOT NULL DEFAULT 'daily' CHECK (frequency IN ('hourly', 'daily', 'weekly')),
	notifications	boolean NOT NULL DEFAULT true,
	price_alerts	boolean NOT NULL DEFAULT true,
	request_id	text NOT NULL,				-- the last message about it on watchlist-requests
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now(),
	UNIQUE (user_id, product_id)
);
CREATE INDEX watch_list_product ON watch_list (product_id);
CREATE INDEX watch_list_armed ON watch_list (id) WHERE price_alerts AND target_price IS NOT NULL AND alerted_price IS NULL;
ALTER TABLE watch_list ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY watch_list_owner ON watch_list USING (is_caller(user_id));

CREATE TABLE notifications (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_id		uuid NOT NULL REFERENCES users ON DELETE CASCADE,
	type		text NOT NULL,				-- price-alert, analysis, batch, …
	title		text NOT NULL,
	message		text NOT NULL,
	priority	text NOT NULL DEFAULT 'normal' CHECK (priority IN ('normal', 'high')),
	data		jsonb NOT NULL DEFAULT '{}',
	source_id	text,					-- the sender's own id: known ones are not stored twice
	read_at		timestamptz,
	created_at	timestamptz NOT NULL DEFAULT now(),
	UNIQUE (user_id, source_id)
);
CREATE INDEX notifications_user ON notifications (user_id, id DESC);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;
CREATE INDEX notifications_created ON notifications (created_at);
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY notifications_owner ON notifications USING (is_caller(user_id));

-- Several products at once: the analyses of the present run are in analysis_jobs.
CREATE TABLE batch_jobs (
	job_id		varchar(255) PRIMARY KEY,
	user_id		uuid REFERENCES users ON DELETE CASCADE,	-- NULL: nobody in particular, whoever knows the id
	product_ids	text[] NOT NULL,
	schedule	text NOT NULL,				-- now, hourly, daily, a cron expression; as it was given
	options		jsonb NOT NULL DEFAULT '{}',
	announced	boolean NOT NULL,			-- its runs are told on batch-jobs
	runs		int NOT NULL DEFAULT 0,
	last_run_at	timestamptz,
	next_run_at	timestamptz,				-- NULL: not any more
	report		jsonb,					-- the last batch-job-status of the present run
	cancelled_at	timestamptz,
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX batch_jobs_due ON batch_jobs (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX batch_jobs_user ON batch_jobs (user_id, created_at DESC, job_id);
ALTER TABLE batch_jobs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY batch_jobs_owner ON batch_jobs USING (is_caller(user_id));

-- Users who wait for a running analysis; a row goes when they were told how it ended.
CREATE SEQUENCE analysis_queue_seq;
CREATE TABLE analysis_queue (
	seq		bigint NOT NULL DEFAULT nextval('analysis_queue_seq'),
	product_id	varchar(255) NOT NULL,
	task_id		varchar(255) NOT NULL,
	user_id		text NOT NULL,
	doc		jsonb NOT NULL,				-- type
	created_at	timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (created_at);
CREATE INDEX analysis_queue_task ON analysis_queue (task_id);
CREATE INDEX analysis_queue_user ON analysis_queue (user_id);
CREATE TABLE analysis_queue_default PARTITION OF analysis_queue DEFAULT;
SELECT make_month_partitions('analysis_queue', 2);

-- What neighbours said on error-notifications.
CREATE TABLE error_notifications (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	error_id	text UNIQUE,
	type		text NOT NULL,
	severity	text NOT NULL,
	message		text NOT NULL,
	request_id	text,
	details		jsonb,
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX error_notifications_created ON error_notifications (created_at);

-- Timed work that must not come more often than it says, whichever host and however often one restarts.
CREATE TABLE cron_runs (
	job		text PRIMARY KEY,
	ran_at		timestamptz NOT NULL
);

-- Searching inside names: every one and two characters that follow each other. Unlike the trigrams of pg_trgm these find Korean
-- words of two syllables, whatever the locale of the database, and need no extension.
CREATE FUNCTION search_grams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(DISTINCT substr(s, i, n)), '{}') FROM lower(t) s, generate_series(1, length(s)) i,
	generate_series(1, 2) n WHERE i + n <= length(s) + 1);
-- Those of them that a text must have to contain the query.
CREATE FUNCTION search_query_grams(q text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(DISTINCT substr(s, i, n)), '{}') FROM lower(q) s, least(length(s), 2) n,
	generate_series(1, length(s) - n + 1) i);
CREATE INDEX products_search ON products USING gin (search_grams(name || ' ' || id));
