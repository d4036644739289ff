-- The course of every analysis, to be looked at while it runs and long after: one document a task.

-- doc: kind, status, progress (of the last stage), stages [{at, progress?, step?, message?, attempt?}], and when it has ended endedAt,
-- durationMs, totalReviews, waiting (how many users were told of the end), error.
CREATE SEQUENCE realtime_analysis_sessions_seq;
CREATE TABLE realtime_analysis_sessions (
	seq		bigint NOT NULL DEFAULT nextval('realtime_analysis_sessions_seq'),
	task_id		varchar(255) NOT NULL,
	product_id	varchar(255) NOT NULL,
	user_id		text,					-- who asked first; NULL: nobody in particular
	doc		jsonb NOT NULL,
	started_at	timestamptz NOT NULL DEFAULT now(),	-- as analysis_requests.created_at
	PRIMARY KEY (task_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX realtime_analysis_sessions_seq_key ON realtime_analysis_sessions (seq);
CREATE INDEX realtime_analysis_sessions_product ON realtime_analysis_sessions (product_id, seq);
CREATE INDEX realtime_analysis_sessions_user ON realtime_analysis_sessions (user_id, seq) WHERE user_id IS NOT NULL;
CREATE TABLE realtime_analysis_sessions_default PARTITION OF realtime_analysis_sessions DEFAULT;
SELECT make_month_partitions('realtime_analysis_sessions', 2);
SELECT own_rows('realtime_analysis_sessions', 'user_id');

-- Whether a progress report is worth a stage: another step, or ten per cent more than the last. So a task has a few dozen at most.
CREATE FUNCTION session_turns(doc jsonb, progress int, step int) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_array_length(doc -> 'stages') < 200 AND (progress >= coalesce((doc #>> '{stages,-1,progress}')::int, -100) + 10
	OR step IS DISTINCT FROM (doc #>> '{stages,-1,step}')::int);

CREATE FUNCTION session_stage(doc jsonb, status text, stage jsonb) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN doc || jsonb_build_object('status', status, 'progress', coalesce(stage -> 'progress', doc -> 'progress'), 'stages',
	(doc -> 'stages') || jsonb_strip_nulls(jsonb_build_object('at', iso(now())) || stage));

CREATE FUNCTION session_end(doc jsonb, started timestamptz, outcome jsonb) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN doc || jsonb_build_object('endedAt', iso(now()), 'durationMs', floor(extract(epoch FROM now() - started) * 1000)::bigint)
	|| jsonb_strip_nulls(outcome);

-- What runs now has a course from here on.
INSERT INTO realtime_analysis_sessions (task_id, product_id, user_id, doc, started_at)
SELECT task_id, product_id, user_id, jsonb_build_object('kind', kind, 'status', status, 'progress', progress, 'stages', '[]'::jsonb), created_at
FROM analysis_requests WHERE status IN ('pending', 'processing');
