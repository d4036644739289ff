/* profile.c -- the rows of user_profiles. See profile.h. Yields: all. */
#include "profile.h"

#include "base/err.h"

static struct pg_stmt read_profile = PG_STMT("select", "user_profiles",
    "SELECT json_build_object('id', u.id, 'email', u.email, 'role', u.role, 'tier', u.tier,"
    "   'displayName', p.display_name, 'locale', coalesce(p.locale, 'ko'), 'isActive', u.is_active,"
    "   'createdAt', iso(u.created_at))::text"
    " FROM users u LEFT JOIN user_profiles p ON p.user_id = u.id"
    " WHERE u.id = $1");
static struct pg_stmt write_profile = PG_STMT("insert", "user_profiles",
    "INSERT INTO user_profiles AS p (user_id, display_name, locale)"
    " SELECT id, $2::jsonb ->> 'displayName', coalesce($2::jsonb ->> 'locale', 'ko')"
    " FROM users WHERE id = $1"
    " ON CONFLICT (user_id) DO UPDATE SET"
    "   display_name = CASE WHEN $2::jsonb ? 'displayName' THEN excluded.display_name ELSE p.display_name END,"
    "   locale = coalesce($2::jsonb ->> 'locale', p.locale), updated_at = now()");

static int
read_in(struct pg *pg, const char *user, struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg, &r, &read_profile, pg_text(user))) < 0)
		return rc;
	*json = pg_value(&r, 0, 0);
	return 0;
}

/* Runs as the user, even for an admin: the profile is their own. */
static int
run_as_user(const struct caller *who, const char *fields, struct str *json)
{
	struct caller self = { who->user, false };
	struct pg *pg;
	int rc;

	if (!caller_known(&self))
		return E_NOT_FOUND;
	if ((rc = caller_begin(&pg, &self)) < 0)
		return rc;
	if (fields != NULL)
		rc = pg_query(pg, NULL, &write_profile, pg_text(self.user), pg_text(fields));
	if (rc == 0)
		rc = read_in(pg, self.user, json);
	return pg_end(&pg, rc);
}

int
profile_read(const struct caller *who, struct str *json)
{
	return run_as_user(who, NULL, json);
}

int
profile_change(const struct caller *who, struct str fields, struct str *json)
{
	return run_as_user(who, fields.p, json);
}
