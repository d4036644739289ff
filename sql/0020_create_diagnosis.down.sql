DROP FUNCTION check_index_usage();
DROP FUNCTION find_slow_queries();
DROP FUNCTION slow_queries_missing();
