-- Events of rooms that Redis did not take, until they are published; written by the process that publishes them, in case it dies.
CREATE TABLE room_outbox (
	publisher	text NOT NULL,				-- a process
	n		bigint NOT NULL,			-- its order of publication
	room		text NOT NULL,
	tail		text NOT NULL,				-- the wire form without the seq
	keep_s		bigint NOT NULL,			-- how long it is the room's state; 0: it is none
	created_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (publisher, n)
);
