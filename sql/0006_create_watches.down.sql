DROP INDEX products_search;
DROP FUNCTION search_query_grams(text);
DROP FUNCTION search_grams(text);
DROP TABLE cron_runs, error_notifications, analysis_queue, batch_jobs, notifications, watch_list;
DROP SEQUENCE analysis_queue_seq;
