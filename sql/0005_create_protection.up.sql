-- Protection: what happened, whom to tell, answers kept for repeated requests; forms in which nobody is recognised.

-- "ab****@domain", "a***z", "10.0.***.***": enough to tell two apart, not enough to know whom.
CREATE FUNCTION anon_email(email text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN email LIKE '%@%' THEN left(split_part(email, '@', 1), 2) || '****@' || split_part(email, '@', 2) ELSE '****' END;

CREATE FUNCTION anon_name(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN length(name) > 1 THEN left(name, 1) || '***' || right(name, 1) ELSE '***' END;

CREATE FUNCTION anon_ip(ip text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN ip LIKE '%.%.%.%' AND ip NOT LIKE '%:%' THEN split_part(ip, '.', 1) || '.' || split_part(ip, '.', 2) || '.***.***'
	WHEN ip LIKE '%:%' THEN split_part(ip, ':', 1) || ':' || split_part(ip, ':', 2) || ':***'
	WHEN ip IS NOT NULL THEN '***' END;

-- Drop the monthly partitions of a table that end before `before`; returns how many.
CREATE FUNCTION drop_month_partitions(parent text, before timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	part text;
	dropped int := 0;
BEGIN
	FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
	    WHERE i.inhparent = to_regclass(parent) AND c.relname ~ ('^' || parent || '_\d{6}$') ORDER BY 1 LOOP
		IF to_date(right(part, 6), 'YYYYMM') + interval '1 month' <= before THEN
			EXECUTE format('DROP TABLE %I', part);
			dropped := dropped + 1;
		END IF;
	END LOOP;
	RETURN dropped;
END $$;

-- What happened that concerns security. Details never hold a secret.
CREATE SEQUENCE security_logs_seq;
CREATE TABLE security_logs (
	id		bigint NOT NULL DEFAULT nextval('security_logs_seq'),
	event_type	text NOT NULL,
	level		text NOT NULL CHECK (level IN ('info', 'warning', 'error', 'critical')),
	user_id		text,
	ip_address	text,
	details		jsonb NOT NULL DEFAULT '{}',
	created_at	timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (created_at);
CREATE INDEX security_logs_user ON security_logs (user_id, created_at DESC);
CREATE INDEX security_logs_type ON security_logs (event_type, created_at DESC);
CREATE INDEX security_logs_ip ON security_logs (ip_address, created_at DESC);
CREATE TABLE security_logs_default PARTITION OF security_logs DEFAULT;
SELECT make_month_partitions('security_logs', 2);

-- Alerts on their way to people; a row is deleted once it was delivered.
CREATE TABLE alerts (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	level		text NOT NULL CHECK (level IN ('info', 'warning', 'error', 'critical')),
	title		text NOT NULL,
	user_id		text,
	details		jsonb NOT NULL DEFAULT '{}',
	attempts	int NOT NULL DEFAULT 0,
	next_at		timestamptz NOT NULL DEFAULT now(),
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alerts_next ON alerts (next_at);

-- Answers to requests that came with an Idempotency-Key; without a status: still being worked on.
CREATE TABLE idempotency_keys (
	scope		text NOT NULL,				-- user:{id} or ip:{client}
	key		text NOT NULL,
	user_id		text,
	request_hash	text NOT NULL,				-- of method, path and body
	owner		text NOT NULL,				-- the request that works on it
	status		int,
	content_type	text,
	body		text,					-- sealed where ENCRYPTION_KEY is set
	locked_at	timestamptz NOT NULL DEFAULT now(),
	created_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_user ON idempotency_keys (user_id) WHERE user_id IS NOT NULL;
