-- The headers of a dead letter, so that it can be sent again as it was.
ALTER TABLE dead_letters ADD COLUMN message_id text, ADD COLUMN type text, ADD COLUMN traceparent text;
