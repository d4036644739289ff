/* account_mail_send.c -- sends the mails of account_mails, in `dure: cron`. See account_mail.h. Yields: all.
 *
 * One mail after the other, each recorded before the next: a process that dies sends at most one of them again.
 */
#include "account_mail.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/mail.h"
#include "link/pg.h"
#include "mail_link.h"
#include "mail_text.h"

enum { SENT, FAILED, GIVEN_UP, UNWANTED };	/* cells of M_MAILS */

static struct pg_stmt due_mails = PG_STMT("select", "account_mails",
    "SELECT m.id, m.kind, m.email, m.language, u.id IS NOT NULL, coalesce(u.is_active, false)"
    " FROM account_mails m LEFT JOIN users u ON u.email = m.email"
    " WHERE m.sent_at IS NULL AND m.next_at <= now() ORDER BY m.next_at LIMIT 20");
enum { ID, KIND, EMAIL, LANGUAGE, KNOWN, ACTIVE };
static struct pg_stmt mark_sent = PG_STMT("update", "account_mails",
    "UPDATE account_mails SET sent_at = now() WHERE id = $1::uuid");
static struct pg_stmt drop_mail = PG_STMT("delete", "account_mails", "DELETE FROM account_mails WHERE id = $1::uuid");
/* Twice as long each time; the row is returned when that has gone on for too long. */
static struct pg_stmt put_off = PG_STMT("update", "account_mails",
    "UPDATE account_mails"
    " SET attempts = attempts + 1, next_at = now() + make_interval(secs => least(900, 2 ^ attempts))"
    " WHERE id = $1::uuid RETURNING created_at < now() - make_interval(secs => $2::bigint)");

static const char *
page_address(struct arena *mem, const char *page)
{
	size_t n = strlen(conf.public_url);

	if (n == 0)
		return arena_printf(mem, "http://localhost:%lld%s", (long long)conf.port, page);
	return arena_printf(mem, "%.*s%s", (int)(n - (conf.public_url[n - 1] == '/')), conf.public_url, page);
}

static int
change_row(struct pg_stmt *how, const char *id, int cell)
{
	metric_add(M_MAILS, cell, 1);
	return pg_query(pg_shared(), NULL, how, pg_text(id));
}

/* Which mail the address gets; false: none. */
static bool
choose_kind(const struct pg_rows *r, int i, enum mail_kind *kind)
{
	bool known = pg_integer(r, i, KNOWN) != 0, active = pg_integer(r, i, ACTIVE) != 0;

	if (strcmp(pg_string(r, i, KIND), "reset") == 0) {
		*kind = MAIL_RESET;
		return active;
	}
	*kind = known ? MAIL_TAKEN : MAIL_VERIFY;
	return !known || active;
}

static int
settle_failure(const char *id, int why)
{
	struct pg_rows r;
	int rc;

	if (why == E_CANCELED)
		return why;
	if (why == E_VALIDATION)
		return change_row(&drop_mail, id, GIVEN_UP);
	metric_add(M_MAILS, FAILED, 1);
	if ((rc = pg_query(pg_shared(), &r, &put_off, pg_text(id), pg_int(conf.mail_retry_s))) < 0)
		return rc;
	if (r.n == 0 || pg_integer(&r, 0, 0) == 0)
		return 0;
	log_error("a mail is given up", JS("mail", id));
	return change_row(&drop_mail, id, GIVEN_UP);
}

static int
send_row(struct arena *mem, const struct pg_rows *r, int i, int64_t *n)
{
	const char *id = pg_string(r, i, ID), *fragment;
	bool english = strcmp(pg_string(r, i, LANGUAGE), "en") == 0;
	struct mail m = { .id = id, .to = pg_string(r, i, EMAIL), .language = pg_string(r, i, LANGUAGE) };
	enum mail_kind kind;
	int rc;

	if (!choose_kind(r, i, &kind))
		return change_row(&drop_mail, id, UNWANTED);
	m.kind = kind == MAIL_RESET ? "reset" : kind == MAIL_VERIFY ? "verify" : "taken";
	/* behind #: it goes to no server, and into no log */
	fragment = kind == MAIL_TAKEN ? "" : arena_printf(mem, "#%s=%s", m.kind,
	    mail_link_make(mem, pg_string(r, i, KIND), id));
	m.link = page_address(mem, arena_printf(mem, "/reset.html%s", fragment));
	m.subject = mail_subject(kind, english);
	m.text = mail_body(mem, kind, english, m.link,
	    (kind == MAIL_RESET ? conf.reset_link_ttl_s : conf.verify_link_ttl_s) / 60);
	if ((rc = mail_send(&m)) < 0)
		return settle_failure(id, rc);
	(*n)++;
	return change_row(kind == MAIL_TAKEN ? &drop_mail : &mark_sent, id, SENT);
}

int
account_mail_deliver(struct arena *mem, int64_t *n)
{
	struct pg_rows r;
	int i, rc;

	if (!mail_on())
		return 0;
	if ((rc = pg_query(pg_shared(), &r, &due_mails)) < 0)
		return rc;
	for (i = 0; i < r.n && rc == 0; i++)
		rc = send_row(mem, &r, i, n);
	return rc;
}

static struct pg_stmt drop_expired = PG_STMT("delete", "account_mails",
    "DELETE FROM account_mails WHERE sent_at < now() - make_interval(secs => $1::bigint)"
    " OR created_at < now() - make_interval(secs => $2::bigint)");

int
account_mail_expire(int64_t *n)
{
	int64_t ttl_s = conf.reset_link_ttl_s > conf.verify_link_ttl_s ? conf.reset_link_ttl_s : conf.verify_link_ttl_s;
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &drop_expired, pg_int(ttl_s), pg_int(2 * conf.mail_retry_s + ttl_s));

	if (rc == 0)
		*n += r.affected;
	return rc;
}
