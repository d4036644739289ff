/* account_mail.c -- asks for mails and uses their links. See account_mail.h. Yields: all. */
#include "account_mail.h"

#include "base/conf.h"
#include "base/err.h"
#include "link/mail.h"
#include "link/pg.h"
#include "link/redis.h"
#include "mail_link.h"
#include "password.h"
#include "revoked.h"
#include "session.h"

enum { HOUR_S = 3600 };

/* Charges the address, known or not. */
static int
charge_address(const char *email, int64_t *retry_s)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r[3];
	int rc;

	redis_add(b, "SET account_mails:%s 0 NX EX %d", email, HOUR_S);
	redis_add(b, "INCR account_mails:%s", email);
	redis_add(b, "TTL account_mails:%s", email);
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	*retry_s = r[2].i > 0 ? r[2].i : HOUR_S;
	return r[1].i > conf.mail_email_max ? E_RATE : 0;
}

static struct pg_stmt add_mail = PG_STMT("insert", "account_mails",
    "INSERT INTO account_mails (kind, email, language, password_hash) VALUES ($1, $2, $3, $4)");

static int
add_row(const char *kind, const char *email, bool english, const char *hash)
{
	return pg_query(pg_shared(), NULL, &add_mail, pg_text(kind), pg_text(email), pg_text(english ? "en" : "ko"),
	    pg_text(hash));
}

int
account_mail_reset(struct arena *mem, const char *email, bool english, int64_t *retry_s)
{
	int rc;

	(void)mem;
	if (!mail_on())
		return E_MAIL_OFF;
	if ((rc = charge_address(email, retry_s)) < 0)
		return rc;
	return add_row("reset", email, english, NULL);
}

int
account_mail_register(struct arena *mem, const char *email, const char *password, bool english, int64_t *retry_s)
{
	const char *hash;
	int rc;

	if (!mail_on())
		return E_MAIL_OFF;
	if ((rc = charge_address(email, retry_s)) < 0 || (rc = password_hash(mem, password, &hash)) < 0)
		return rc;
	return add_row("register", email, english, hash);
}

static struct pg_stmt find_link = PG_STMT("select", "account_mails",
    "SELECT FROM account_mails"
    " WHERE id = $1::uuid AND kind = $2 AND sent_at > now() - make_interval(secs => $3::bigint)");

/* The row of a link that may still be used. */
static int
need_link(struct arena *mem, const char *link, const char *kind, int64_t ttl_s, const char **id)
{
	struct pg_rows r;
	int rc;

	if (!mail_link_read(mem, kind, link, id))
		return E_LINK;
	rc = pg_query(pg_shared(), &r, &find_link, pg_text(*id), pg_text(kind), pg_int(ttl_s));
	return rc < 0 ? rc : r.n == 0 ? E_LINK : 0;
}

/* Deleting the row uses the link: of two at once one finds it. */
#define USE_LINK "WITH link AS (" \
	"  DELETE FROM account_mails WHERE id = $1::uuid AND kind = $2" \
	"   AND sent_at > now() - make_interval(secs => $3::bigint) RETURNING *)," \
	" others AS (" \
	"  DELETE FROM account_mails m USING link" \
	"  WHERE m.email = link.email AND m.kind = link.kind AND m.id <> link.id AND m.sent_at IS NOT NULL)"
static struct pg_stmt reset_password = PG_STMT("update", "users",
    USE_LINK
    " UPDATE users u SET password_hash = $4, updated_at = now() FROM link"
    " WHERE u.email = link.email AND u.is_active RETURNING u.id, u.email");
enum { USER, ADDRESS };

int
account_mail_set_password(struct arena *mem, const char *link, const char *password, const char **user)
{
	const char *id, *hash;
	struct pg_rows r;
	int64_t sessions;
	int rc;

	if ((rc = need_link(mem, link, "reset", conf.reset_link_ttl_s, &id)) < 0 ||
	    (rc = password_hash(mem, password, &hash)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &reset_password, pg_text(id), pg_text("reset"),
	    pg_int(conf.reset_link_ttl_s), pg_text(hash))) < 0)
		return rc;
	if (r.n == 0)
		return E_LINK;
	*user = pg_string(&r, 0, USER);
	redis_send("DEL lockout:%s login_attempts:%s login_attempts_from:%s", pg_string(&r, 0, ADDRESS),
	    pg_string(&r, 0, ADDRESS), pg_string(&r, 0, ADDRESS));
	rc = session_end_all(mem, *user, NULL, &sessions);
	return rc < 0 ? rc : revoke_user(mem, *user);
}

static struct pg_stmt make_account = PG_STMT("insert", "users",
    USE_LINK
    " INSERT INTO users (email, password_hash, role, tier) SELECT email, password_hash, 'user', 'free' FROM link"
    " ON CONFLICT (email) DO NOTHING RETURNING id, email, role, tier, iso(created_at)");
enum { MADE_ID, MADE_EMAIL, MADE_ROLE, MADE_TIER, MADE_AT };

int
account_mail_verify(struct arena *mem, const char *link, struct account *out)
{
	struct pg_rows r;
	const char *id;
	int rc;

	if ((rc = need_link(mem, link, "register", conf.verify_link_ttl_s, &id)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &make_account, pg_text(id), pg_text("register"),
	    pg_int(conf.verify_link_ttl_s))) < 0)
		return rc;
	if (r.n == 0)
		return E_LINK;
	*out = (struct account){ .id = pg_string(&r, 0, MADE_ID), .email = pg_string(&r, 0, MADE_EMAIL),
	    .role = pg_string(&r, 0, MADE_ROLE), .tier = pg_string(&r, 0, MADE_TIER),
	    .created_at = pg_string(&r, 0, MADE_AT), .active = true };
	return 0;
}
