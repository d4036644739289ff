ALTER TABLE dead_letters DROP COLUMN message_id, DROP COLUMN type, DROP COLUMN traceparent;
