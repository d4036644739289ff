-- Warnings and errors of all processes of all hosts, in one place.

CREATE SEQUENCE app_logs_seq;
CREATE TABLE app_logs (
	seq		bigint NOT NULL DEFAULT nextval('app_logs_seq'),
	level		text NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
	service		text NOT NULL,				-- the process: http 1, kafka, …
	host		text NOT NULL,
	request_id	text,
	user_id		text,					-- whom the line names
	doc		jsonb NOT NULL,				-- msg, pid, and the line's own fields; addresses cut short
	created_at	timestamptz NOT NULL DEFAULT now()	-- when it was logged
) PARTITION BY RANGE (created_at);
CREATE INDEX app_logs_seq_key ON app_logs (seq);
CREATE INDEX app_logs_request ON app_logs (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX app_logs_user ON app_logs (user_id) WHERE user_id IS NOT NULL;
CREATE TABLE app_logs_default PARTITION OF app_logs DEFAULT;
SELECT make_month_partitions('app_logs', 2);
