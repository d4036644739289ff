-- Row-level security, the convention: the server says in whose name it works (dure.user, until the transaction ends: pg_as and
-- pg_begin_as of common/link/pg.h), and then sees that user's rows only; without a name it works for itself and sees all, as do
-- migrations, the command line and pg_dump --enable-row-security. Forced, because the server's role owns the tables.
--
-- What belongs to the operator, or to everybody, has no policy: security_logs, alerts, analysis_requests, products and the like.

-- The same where ids are kept as text. What belongs to nobody is not to be seen in somebody's name.
CREATE FUNCTION is_caller(owner text) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(coalesce(current_setting('dure.user', true), '') IN ('', owner), false);

-- A table of which each row belongs to the user named in a column: SELECT own_rows('orders', 'user_id').
CREATE FUNCTION own_rows(target regclass, owner text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
	EXECUTE format('CREATE POLICY %I ON %s USING (is_caller(%I))', replace(target::text, '"', '') || '_owner', target, owner);
END $$;

SELECT own_rows('users', 'id');
SELECT own_rows('idempotency_keys', 'user_id');
SELECT own_rows('search_sessions', 'user_id');
