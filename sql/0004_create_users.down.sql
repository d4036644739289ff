DROP TABLE api_keys, user_profiles, users;
DROP FUNCTION is_caller(uuid);
