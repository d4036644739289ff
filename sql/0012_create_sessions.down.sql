DROP TABLE realtime_analysis_sessions;
DROP SEQUENCE realtime_analysis_sessions_seq;
DROP FUNCTION session_turns(jsonb, int, int);
DROP FUNCTION session_stage(jsonb, text, jsonb);
DROP FUNCTION session_end(jsonb, timestamptz, jsonb);
