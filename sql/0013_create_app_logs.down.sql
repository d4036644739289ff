DROP TABLE app_logs;
DROP SEQUENCE app_logs_seq;
