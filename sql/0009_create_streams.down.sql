DROP TABLE chat_sanctions, chat_messages, stream_viewers, stream_moderators, stream_products, streams;
DROP SEQUENCE chat_messages_seq, streams_seq;
