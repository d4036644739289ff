DROP TABLE idempotency_keys;
DROP TABLE alerts;
DROP TABLE security_logs;
DROP SEQUENCE security_logs_seq;
DROP FUNCTION drop_month_partitions(text, timestamptz);
DROP FUNCTION anon_ip(text);
DROP FUNCTION anon_name(text);
DROP FUNCTION anon_email(text);
