-- Mails about accounts: to be sent while sent_at is missing, then the single-use link that was in them. Whether the address has an account
-- is looked up when a mail is sent, so that asking for one tells nothing.
CREATE TABLE account_mails (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	kind		text NOT NULL CHECK (kind IN ('reset', 'register')),
	email		varchar(254) NOT NULL,
	language	text NOT NULL CHECK (language IN ('ko', 'en')),
	password_hash	text,					-- of the account that the link of a registration makes
	attempts	int NOT NULL DEFAULT 0,
	next_at		timestamptz NOT NULL DEFAULT now(),
	sent_at		timestamptz,
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_mails_next ON account_mails (next_at) WHERE sent_at IS NULL;
CREATE INDEX account_mails_email ON account_mails (email);
