/* external_user.c -- rows of another issuer's users. See external_user.h. Yields: external_user_admit. */
#include "external_user.h"

#include <stdio.h>

#include "apikey.h"
#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/user_id.h"
#include "link/pg.h"
#include "revoked.h"

enum { SETS = 1024, PLACES = 2, ROLE_BYTES = 8, TRIES = 3 };

/* Recently verified users, with the outcome. */
static struct seen {
	char		 id[USER_ID_BYTES_MAX + 1], role[ROLE_BYTES], tier[ROLE_BYTES];
	uint64_t	 issuer;		/* keyed hash */
	int64_t		 at_ms, until_ms;
	int		 rc;
} table[SETS][PLACES];

static struct seen *
find_seen(const struct token *t)
{
	struct seen *set = table[hash_keyed(t->sub, strlen(t->sub)) % SETS];
	int i;

	for (i = 0; i < PLACES; i++)
		if (set[i].until_ms > now_ms() && strcmp(set[i].id, t->sub) == 0 &&
		    set[i].issuer == hash_keyed(t->issuer, strlen(t->issuer)) &&
		    strcmp(set[i].role, t->role) == 0 && strcmp(set[i].tier, t->tier) == 0 &&
		    !revoked_has(NULL, NULL, t->sub, set[i].at_ms))
			return &set[i];
	return NULL;
}

static void
remember(const struct token *t, int64_t at_ms, int rc)
{
	struct seen *set = table[hash_keyed(t->sub, strlen(t->sub)) % SETS];
	struct seen *e = set[0].until_ms <= set[1].until_ms ? &set[0] : &set[1];

	*e = (struct seen){ .issuer = hash_keyed(t->issuer, strlen(t->issuer)), .at_ms = at_ms,
	    .until_ms = at_ms + conf.auth_account_ttl_s * 1000, .rc = rc };
	snprintf(e->id, sizeof(e->id), "%s", t->sub);
	snprintf(e->role, sizeof(e->role), "%s", t->role);
	snprintf(e->tier, sizeof(e->tier), "%s", t->tier);
}

/* Makes the row, or brings it up to the claims where they are newer than those it is from. No row: another transaction
 * has just made it. */
static struct pg_stmt admit_user = PG_STMT("insert", "users",
    "WITH was AS (SELECT issuer, is_active, role, tier FROM users WHERE id = $1),"
    " put AS (INSERT INTO users AS u (id, issuer, role, tier, claims_at, last_login_at)"
    "  SELECT $1, $2, $3, $4, to_timestamp($5::bigint), now()"
    "  WHERE NOT EXISTS (SELECT FROM was WHERE issuer IS DISTINCT FROM $2 OR (role = $3 AND tier = $4))"
    "  ON CONFLICT (id) DO UPDATE SET role = $3, tier = $4, claims_at = excluded.claims_at, updated_at = now()"
    "   WHERE u.issuer = $2 AND u.claims_at <= excluded.claims_at"
    "  RETURNING issuer, is_active)"
    " SELECT issuer IS NOT DISTINCT FROM $2, is_active, EXISTS (SELECT FROM was) AND EXISTS (SELECT FROM put)"
    " FROM (SELECT issuer, is_active FROM put UNION ALL"
    "  SELECT issuer, is_active FROM was WHERE NOT EXISTS (SELECT FROM put)) AS r");
enum { SAME_ISSUER, ACTIVE, CHANGED };

static int
ask_row(const struct token *t, struct pg_rows *r)
{
	int i, rc = 0;

	for (i = 0; i < TRIES && rc == 0 && (i == 0 || r->n == 0); i++)
		rc = pg_query(pg_shared(), r, &admit_user, pg_text(t->sub), pg_text(t->issuer), pg_text(t->role),
		    pg_text(t->tier), pg_int(t->iat_s > 0 ? t->iat_s : now_ms() / 1000));
	return rc < 0 ? rc : r->n == 0 ? E_BUSY : 0;
}

static int
judge_row(const struct token *t, const struct pg_rows *r)
{
	if (pg_integer(r, 0, SAME_ISSUER) == 0) {
		log_warn("a token of another issuer names an account that is not its own", JS("user", t->sub),
		    JS("issuer", t->issuer));
		return E_TOKEN;
	}
	return pg_integer(r, 0, ACTIVE) != 0 ? 0 : E_INACTIVE;
}

int
external_user_admit(struct arena *mem, const struct token *t)
{
	const struct seen *e = find_seen(t);
	int64_t at_ms = now_ms();
	struct pg_rows r;
	int rc;

	(void)mem;
	if (e != NULL)
		return e->rc;
	if ((rc = ask_row(t, &r)) < 0)
		return rc;
	if (pg_integer(&r, 0, CHANGED) != 0 && (rc = apikey_forget_user(t->sub)) < 0)
		return rc;
	rc = judge_row(t, &r);
	remember(t, at_ms, rc);
	return rc;
}
