-- What admins change while the servers run; a key without a row has its default. Which keys there are is in worker/domain/settings.c.
CREATE TABLE system_config (
	key		text PRIMARY KEY,
	value		jsonb NOT NULL,
	updated_by	text,					-- the admin's id; NULL: gone, or nobody in particular
	updated_at	timestamptz NOT NULL DEFAULT now()
);
