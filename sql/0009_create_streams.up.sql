-- Streams that sell live: what is shown in them, who watches, who talks, and who may not.

CREATE SEQUENCE streams_seq;
CREATE TABLE streams (
	stream_key	varchar(64) PRIMARY KEY,
	seq		bigint NOT NULL DEFAULT nextval('streams_seq'),
	title		text NOT NULL,
	description	text,
	seller_id	text,					-- NULL: the account is gone
	status		text NOT NULL DEFAULT 'scheduled' CHECK (status IN ('scheduled', 'live', 'ended')),
	scheduled_at	timestamptz,
	started_at	timestamptz,
	ended_at	timestamptz,
	slow_mode_s	int NOT NULL DEFAULT 0 CHECK (slow_mode_s BETWEEN 0 AND 3600),
	peak_viewers	bigint NOT NULL DEFAULT 0,
	total_viewers	bigint NOT NULL DEFAULT 0,		-- different people
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX streams_status ON streams (status, seq DESC);
CREATE INDEX streams_seller ON streams (seller_id, seq DESC);

CREATE TABLE stream_products (
	stream_key	varchar(64) NOT NULL REFERENCES streams ON DELETE CASCADE,
	product_id	varchar(255) NOT NULL REFERENCES products ON DELETE CASCADE,
	position	int NOT NULL,
	highlighted	boolean NOT NULL DEFAULT false,
	pinned_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (stream_key, product_id)
);
CREATE INDEX stream_products_product ON stream_products (product_id);
CREATE UNIQUE INDEX stream_products_highlighted ON stream_products (stream_key) WHERE highlighted;

CREATE TABLE stream_moderators (
	stream_key	varchar(64) NOT NULL REFERENCES streams ON DELETE CASCADE,
	user_id		text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (stream_key, user_id)
);
CREATE INDEX stream_moderators_user ON stream_moderators (user_id);

-- Who has been there, each once: what total_viewers counts.
CREATE TABLE stream_viewers (
	stream_key	varchar(64) NOT NULL REFERENCES streams ON DELETE CASCADE,
	user_id		text NOT NULL,
	first_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (stream_key, user_id)
);
CREATE INDEX stream_viewers_user ON stream_viewers (user_id);

CREATE SEQUENCE chat_messages_seq;
CREATE TABLE chat_messages (
	id		bigint NOT NULL DEFAULT nextval('chat_messages_seq'),
	stream_key	varchar(64) NOT NULL,
	user_id		text NOT NULL,
	user_name	text NOT NULL,				-- as it was shown
	role		text NOT NULL,				-- user, moderator, seller or admin, likewise
	body		text NOT NULL,
	client_id	text,					-- the sender's own name for it: sent again, it is stored once
	deleted_at	timestamptz,
	sent_at		timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (sent_at);
CREATE INDEX chat_messages_stream ON chat_messages (stream_key, id DESC);
CREATE INDEX chat_messages_user ON chat_messages (user_id);
CREATE INDEX chat_messages_client ON chat_messages (stream_key, user_id, client_id) WHERE client_id IS NOT NULL;
CREATE TABLE chat_messages_default PARTITION OF chat_messages DEFAULT;
SELECT make_month_partitions('chat_messages', 2);

CREATE TABLE chat_sanctions (
	stream_key	varchar(64) NOT NULL REFERENCES streams ON DELETE CASCADE,
	user_id		text NOT NULL,
	kind		text NOT NULL CHECK (kind IN ('mute', 'ban')),
	until		timestamptz NOT NULL DEFAULT 'infinity',
	reason		text,
	created_by	text,
	created_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (stream_key, user_id, kind)
);
CREATE INDEX chat_sanctions_user ON chat_sanctions (user_id);
CREATE INDEX chat_sanctions_by ON chat_sanctions (created_by) WHERE created_by IS NOT NULL;
