-- What an operator asks first about a slow database: which queries take long, which indexes nobody uses.

-- Why find_slow_queries() can say nothing; NULL: it can. The view is there after CREATE EXTENSION, and answers when its library is loaded too.
CREATE FUNCTION slow_queries_missing() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	home name;
BEGIN
	SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements';
	IF home IS NULL THEN
		RETURN 'pg_stat_statements is not installed: shared_preload_libraries = ''pg_stat_statements'' and a restart, then CREATE EXTENSION pg_stat_statements in this database';
	END IF;
	EXECUTE format('SELECT FROM %I.pg_stat_statements(false) LIMIT 1', home);
	RETURN NULL;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	RETURN 'pg_stat_statements is not loaded: shared_preload_libraries = ''pg_stat_statements'', then restart PostgreSQL';
WHEN insufficient_privilege THEN
	RETURN 'pg_stat_statements may not be read by this role: GRANT pg_read_all_stats TO it, and USAGE on the schema of the extension';
END $$;

-- The 20 kinds of query of this database with a mean over 100 ms, slowest first; times in milliseconds. Without pg_stat_statements: none, and a
-- notice says why. Before version 1.8 of the extension, which a cluster upgraded from PostgreSQL 12 may still have, the columns have other names.
CREATE FUNCTION find_slow_queries() RETURNS TABLE (query text, calls bigint, total_time float8, mean_time float8, max_time float8)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	missing text := slow_queries_missing();
	stats text;
	infix text;
BEGIN
	IF missing IS NOT NULL THEN
		RAISE NOTICE '%', missing;
		RETURN;
	END IF;
	SELECT format('%I.pg_stat_statements', n.nspname) INTO stats FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
	    WHERE e.extname = 'pg_stat_statements';
	SELECT CASE WHEN count(*) > 0 THEN '_exec' ELSE '' END INTO infix FROM pg_attribute
	    WHERE attrelid = stats::regclass AND attname = 'mean_exec_time' AND NOT attisdropped;
	RETURN QUERY EXECUTE format('SELECT s.query, s.calls, s.total%1$s_time, s.mean%1$s_time, s.max%1$s_time FROM %2$s s'
	    ' WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.mean%1$s_time > 100'
	    ' ORDER BY s.mean%1$s_time DESC LIMIT 20', infix, stats);
END $$;

-- Indexes that were never scanned since the statistics began and that keep no promise (no key, no exclusion), largest first.
CREATE FUNCTION check_index_usage()
RETURNS TABLE (tablename name, indexname name, index_size text, idx_scan bigint, idx_tup_read bigint, idx_tup_fetch bigint)
LANGUAGE sql STABLE AS $$
	SELECT s.relname, s.indexrelname, pg_size_pretty(pg_relation_size(s.indexrelid)), s.idx_scan, s.idx_tup_read, s.idx_tup_fetch
	FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
	WHERE s.idx_scan = 0 AND NOT i.indisprimary AND NOT i.indisunique AND NOT i.indisexclusion
	ORDER BY pg_relation_size(s.indexrelid) DESC, s.indexrelname
$$;
