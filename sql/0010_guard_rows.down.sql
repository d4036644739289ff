DROP POLICY search_sessions_owner ON search_sessions;
ALTER TABLE search_sessions DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
DROP POLICY idempotency_keys_owner ON idempotency_keys;
ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
DROP POLICY users_owner ON users;
ALTER TABLE users DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
DROP FUNCTION own_rows(regclass, text);
DROP FUNCTION is_caller(text);
