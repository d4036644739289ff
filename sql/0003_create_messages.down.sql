DROP TABLE dead_letters;
DROP TABLE kafka_offsets;
DROP TABLE kafka_outbox;
