DROP TABLE room_outbox;
