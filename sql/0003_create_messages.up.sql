-- The road to and from Kafka.

-- Messages committed with what they announce; deleted once Kafka has them. Ordered by id within a key.
CREATE TABLE kafka_outbox (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	shard		smallint NOT NULL,			-- by key, 0 to 7: hosts share the work by shard
	topic		text NOT NULL,
	key		text NOT NULL,
	message_id	text NOT NULL,
	type		text NOT NULL,
	traceparent	text,
	payload		text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX kafka_outbox_shard ON kafka_outbox (shard, id);
CREATE INDEX kafka_outbox_message ON kafka_outbox (message_id);

-- The next offset to read, stored in the transaction of the effects of what was read before it.
CREATE TABLE kafka_offsets (
	cluster		text NOT NULL,
	topic		text NOT NULL,
	partition	int NOT NULL,
	next_offset	bigint NOT NULL,
	updated_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (cluster, topic, partition)
);

-- Messages that can never be applied, with the reason.
CREATE TABLE dead_letters (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	topic		text NOT NULL,
	partition	int NOT NULL,
	"offset"	bigint NOT NULL,
	key		text,
	value		bytea,
	reason		text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now()
);
