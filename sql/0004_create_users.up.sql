-- Accounts, what they say of themselves, and the keys that programs use in their stead.

-- Whether a row of this user may be seen: the server says for whom it works (dure.user), or works for itself.
CREATE FUNCTION is_caller(owner uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(current_setting('dure.user', true), '') IN ('', owner::text);

CREATE TABLE users (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	email		varchar(254) NOT NULL UNIQUE,		-- without outer spaces, in lower case
	password_hash	text NOT NULL,				-- $argon2id$…, or an imported $2b$… until the next login
	role		text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'seller', 'admin')),
	tier		text NOT NULL DEFAULT 'free' CHECK (tier IN ('free', 'premium', 'pro', 'admin')),
	is_active	boolean NOT NULL DEFAULT true,
	last_login_at	timestamptz,
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_profiles (
	user_id		uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
	display_name	text,
	locale		text NOT NULL DEFAULT 'ko',
	doc		jsonb NOT NULL DEFAULT '{}',
	updated_at	timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE user_profiles ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY user_profiles_owner ON user_profiles USING (is_caller(user_id));

CREATE TABLE api_keys (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	user_id		uuid NOT NULL REFERENCES users ON DELETE CASCADE,
	name		varchar(100) NOT NULL,
	key_hash	text NOT NULL UNIQUE,			-- keyed with API_KEY_SECRET; the key itself is nowhere
	hint		text NOT NULL,				-- its last four characters, for people to tell keys apart
	tier		text NOT NULL CHECK (tier IN ('free', 'premium', 'pro', 'admin')),
	request_count	bigint NOT NULL DEFAULT 0,
	last_used_at	timestamptz,
	rotated_at	timestamptz,
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_keys_user ON api_keys (user_id, created_at DESC, id);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY api_keys_owner ON api_keys USING (is_caller(user_id));
