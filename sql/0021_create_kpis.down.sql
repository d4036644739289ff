CREATE OR REPLACE FUNCTION anon_name(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN length(name) > 1 THEN left(name, 1) || '***' || right(name, 1) ELSE '***' END;
DROP INDEX security_logs_id;
DROP TABLE dead_letter_retries;
ALTER TABLE dead_letters DROP COLUMN attempts;
DROP FUNCTION kpi_videos(date);
DROP TABLE kpi_daily, service_minutes, service_days, user_activity;
