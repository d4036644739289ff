/* login.c -- checks passwords of accounts. See login.h. Yields: all. */
#include "login.h"

#include "attempt.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "device.h"
#include "guard.h"
#include "password.h"
#include "run/co.h"
#include "session.h"
#include "worker/domain/core/audit.h"

enum { SUCCESS, FAILED };	/* cells of M_LOGINS */

/* Whether password and account match; an unknown account costs the same work. */
static int
compare_password(struct arena *mem, const struct attempt *t, const char *password, struct account *a, bool *stale,
    int64_t *due_ms)
{
	char client[GUARD_CLIENT_BYTES];
	int rc = account_find_email(mem, t->email, a);

	if (rc < 0 && rc != E_NOT_FOUND)
		return rc;
	guard_client(t->ip, client);
	return password_verify(hash_bytes(client, strlen(client)), password, rc == 0
	    ? a->password_hash : NULL, stale, due_ms);
}

static int
refuse_login(const struct attempt *t, int64_t due_ms)
{
	int64_t left_ms;

	metric_add(M_LOGINS, FAILED, 1);
	attempt_bad(t);
	left_ms = due_ms - mono_ms();
	if (left_ms > 0)
		(void)co_sleep(left_ms);
	return E_CREDENTIALS;
}

/* Renews an outdated hash. Another login may have done so, or the user may have changed the password: then it stays. */
static int
renew_hash(struct arena *mem, const struct attempt *t, struct account *a, const char *password)
{
	int64_t due_ms;
	bool stale;
	int rc = account_renew_hash(mem, a, password);

	if (rc == E_NOT_FOUND)
		return (rc = compare_password(mem, t, password, a, &stale, &due_ms)) == E_CREDENTIALS || rc == 0
		    ? rc : 0;
	if (rc < 0)
		/* the next login tries again */
		log_warn("an outdated password hash was not renewed", JS("user", a->id));
	return 0;
}

static int
accept_login(struct arena *mem, const struct attempt *t, struct account *a, const char *password, bool stale)
{
	int rc;

	attempt_good(t);
	if (!a->active)
		return E_INACTIVE;
	if (stale && (rc = renew_hash(mem, t, a, password)) < 0)
		return rc;
	metric_add(M_LOGINS, SUCCESS, 1);
	return 0;
}

/* The name of the session or device that proves an earlier login of this client to the account; NULL: there is none. */
static const char *
known_as(struct arena *mem, const char *email, const struct login_client *c)
{
	const char *name = NULL;
	struct account a;

	if (c->session != NULL)
		return arena_printf(mem, "session:%s", c->session);
	if ((c->device == NULL && c->refresh == NULL) || account_find_email(mem, email, &a) < 0)
		return NULL;
	if (c->device != NULL)
		name = device_find(mem, c->device, &a);
	if (name == NULL && c->refresh != NULL)
		name = session_find(mem, c->refresh, a.id);
	return name;
}

int
login_check(struct arena *mem, const char *email, const char *password, const struct login_client *client,
    struct account *out, int64_t *retry_s)
{
	int64_t due_ms;
	struct attempt t;
	bool stale = false;
	int rc;

	rc = attempt_begin(&t, email, client->ip, known_as(mem, email, client));
	*retry_s = t.retry_s;
	if (rc < 0)
		return rc;
	rc = compare_password(mem, &t, password, out, &stale, &due_ms);
	if (rc == E_CREDENTIALS)
		return refuse_login(&t, due_ms);
	if (rc < 0) {
		attempt_drop(&t);
		return rc;
	}
	return accept_login(mem, &t, out, password, stale);
}
