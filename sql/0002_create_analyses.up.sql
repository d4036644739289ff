-- Analyses: what was asked, what came of it, the cards and keywords on the way.

CREATE TABLE analysis_requests (
	task_id		varchar(255) PRIMARY KEY,
	kind		text NOT NULL CHECK (kind IN ('analysis', 'realtime', 'batch')),
	product_id	varchar(255) NOT NULL,
	user_id		text,
	payload		jsonb NOT NULL,				-- as sent to analysis-requests, for sending it again
	status		varchar(50) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
	progress	int NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
	state		jsonb NOT NULL DEFAULT '{}',		-- the last analysis-update
	in_job		boolean NOT NULL DEFAULT false,
	user_count	int NOT NULL DEFAULT 1,
	attempts	int NOT NULL DEFAULT 1,
	error		text,
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now()
);
-- A product has one running analysis at most; whoever asks meanwhile joins it.
CREATE UNIQUE INDEX analysis_requests_running ON analysis_requests (product_id) WHERE status IN ('pending', 'processing');
CREATE INDEX analysis_requests_stale ON analysis_requests (updated_at) WHERE status IN ('pending', 'processing');
CREATE INDEX analysis_requests_product ON analysis_requests (product_id, created_at DESC);

-- The analyses a batch job waits for; a task may serve several jobs.
CREATE TABLE analysis_jobs (
	job_id		varchar(255) NOT NULL,
	task_id		varchar(255) NOT NULL REFERENCES analysis_requests ON DELETE CASCADE,
	PRIMARY KEY (job_id, task_id)
);
CREATE INDEX analysis_jobs_task ON analysis_jobs (task_id);

CREATE TABLE analysis_results (
	id			uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	product_id		varchar(255) NOT NULL,
	task_id			varchar(255) NOT NULL UNIQUE,
	status			varchar(50) NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
	sentiment_positive	numeric(5,2),
	sentiment_negative	numeric(5,2),
	sentiment_neutral	numeric(5,2),
	summary			text,
	keywords		jsonb NOT NULL DEFAULT '[]',
	total_reviews		int NOT NULL DEFAULT 0,
	error			text,
	created_at		timestamptz NOT NULL DEFAULT now(),
	updated_at		timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX analysis_results_product ON analysis_results (product_id, updated_at DESC);

CREATE SEQUENCE emotion_cards_seq;
CREATE TABLE emotion_cards (
	seq		bigint NOT NULL DEFAULT nextval('emotion_cards_seq'),
	product_id	varchar(255) NOT NULL,
	task_id		varchar(255) NOT NULL,
	card_id		varchar(255) NOT NULL,
	doc		jsonb NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (created_at);
CREATE INDEX emotion_cards_product ON emotion_cards (product_id, seq);
CREATE INDEX emotion_cards_card ON emotion_cards (task_id, card_id);
CREATE TABLE emotion_cards_default PARTITION OF emotion_cards DEFAULT;
SELECT make_month_partitions('emotion_cards', 2);

CREATE SEQUENCE keyword_details_seq;
CREATE TABLE keyword_details (
	seq		bigint NOT NULL DEFAULT nextval('keyword_details_seq'),
	product_id	varchar(255) NOT NULL,
	task_id		varchar(255) NOT NULL,
	keyword		text NOT NULL,
	doc		jsonb NOT NULL,				-- keyword, count, sentiment?
	created_at	timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (created_at);
CREATE INDEX keyword_details_task ON keyword_details (task_id, seq);
CREATE TABLE keyword_details_default PARTITION OF keyword_details DEFAULT;
SELECT make_month_partitions('keyword_details', 2);

CREATE TABLE search_sessions (
	message_id	varchar(255) PRIMARY KEY,
	user_id		text,
	query		text NOT NULL,
	payload		jsonb NOT NULL,				-- as sent to product-search-requests
	status		varchar(50) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed')),
	result		jsonb,					-- the search-results update
	attempts	int NOT NULL DEFAULT 1,
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX search_sessions_stale ON search_sessions (updated_at) WHERE status = 'pending';
