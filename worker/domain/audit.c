/* audit.c -- security events: log line, queue, table. See audit.h.
 *
 * The queue holds each event as the JSON object that the statement takes apart. Yields: the writer, audit_event_in, audit_flush.
 */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/mask.h"
#include "base/metric.h"
#include "run/co.h"
#include "run/loop.h"

enum { QUEUE_MAX = 4096, BATCH_MAX = 500, RETRY_MS = 1000, WRITE_LIMIT_MS = 15000, DETAILS_MAX = 16384 };

const char *const audit_level_names[] = { "info", "warning", "error", "critical" };

const struct audit_type audit_types[] = {
	{ "failed_login", AUDIT_WARNING, true, "a password or a token that was wrong" },
	{ "suspicious_activity", AUDIT_ERROR, true, "a pattern that nobody has by chance: an address blocked, a token used twice" },
	{ "data_breach", AUDIT_CRITICAL, true, "data seen by somebody who should not have" },
	{ "process_quarantined", AUDIT_CRITICAL, true, "a process dies whenever it is started, and is left alone" },
	{ "account_locked", AUDIT_WARNING, false, "too many failures: a lockout, or an administrator's order" },
	{ "login", AUDIT_INFO, false, "a login that succeeded" },
	{ "logout", AUDIT_INFO, false, "a session ended by its owner" },
	{ "registered", AUDIT_INFO, false, "a new account" },
	{ "password_changed", AUDIT_INFO, false, "a password changed by its owner or an administrator" },
	{ "role_changed", AUDIT_WARNING, false, "a role given or taken" },
	{ "session_revoked", AUDIT_INFO, false, "sessions ended before their time" },
	{ "api_key_created", AUDIT_INFO, false, "an API key made or rotated" },
	{ "api_key_revoked", AUDIT_INFO, false, "an API key taken back" },
	{ "payment_refused", AUDIT_WARNING, false, "a payment event without a good signature" },
	{ "user_data_exported", AUDIT_INFO, false, "somebody took a copy of what is stored of them" },
	{ "user_data_deleted", AUDIT_INFO, false, "an account erased at its owner's wish" },
	{ 0 }
};

struct entry {
	struct entry	*next;
	size_t		 n;
	char		 json[];
};
static struct entry *first, **end = &first;
static int n_queued;
static bool writing;
static struct co_gate emptied;
static struct loop_timer timer;

static const struct audit_type *
find_type(const char *name)
{
	static const struct audit_type other = { "", AUDIT_INFO, false, "" };
	const struct audit_type *t;

	for (t = audit_types; t->name != NULL; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return &other;
}

static void
put_details(struct buf *out, const struct json_field *f, size_t n)
{
	struct buf plain = { 0 };
	size_t i;

	buf_byte(&plain, '{');
	for (i = 0; i < n; i++) {
		bool secret = f[i].kind != FIELD_SKIP && mask_name(f[i].name, strlen(f[i].name));
		struct json_field one = secret ? JS(f[i].name, "***") : f[i];

		if (one.kind == FIELD_SKIP)
			continue;
		if (plain.n > 1)
			buf_byte(&plain, ',');
		json_put_fields(&plain, &one, 1);
	}
	buf_byte(&plain, '}');
	mask_text(out, plain.p, plain.n);
	buf_fini(&plain);
}

/* The event as the statement takes it. */
static void
put_event(struct buf *out, const struct audit_type *t, const char *type, const char *user, const char *ip,
    const struct json_field *f, size_t n)
{
	struct buf details = { 0 };
	struct json_field event[] = {
		JS("event_type", type), JS("level", audit_level_names[t->level]), JB("alert", t->alert), JS("user_id", user),
		JS("ip_address", ip), JS("request_id", log_request_now()), JT("created_at", now_ms()), { .kind = FIELD_SKIP },
	};

	put_details(&details, f, n);
	if (details.n > DETAILS_MAX)
		event[NELEM(event) - 1] = JB("truncated", true);
	else
		event[NELEM(event) - 1] = JR("details", ((struct str){ details.p, details.n }));
	json_put_obj(out, event, NELEM(event));
	buf_fini(&details);
}

static struct pg_stmt write_events = PG_STMT("insert", "security_logs",
    "WITH event AS ("
    "  SELECT event_type, level, alert, user_id, ip_address, created_at, coalesce(details, '{}') ||"
    "    CASE WHEN request_id IS NULL THEN '{}' ELSE jsonb_build_object('requestId', request_id) END AS details"
    "  FROM jsonb_to_recordset($1::jsonb) AS e(event_type text, level text, alert boolean, user_id text, ip_address text,"
    "    request_id text, details jsonb, created_at timestamptz)),"
    " told AS ("
    "  INSERT INTO alerts (level, title, user_id, details, created_at)"
    "  SELECT level, event_type, user_id, details || jsonb_build_object('ip', ip_address, 'user', user_id), created_at"
    "  FROM event WHERE alert AND $2::boolean)"
    " INSERT INTO security_logs (event_type, level, user_id, ip_address, details, created_at)"
    " SELECT event_type, level, user_id, ip_address, details, created_at FROM event");

static int
write_json(struct pg *pg, const char *json)
{
	return pg_query(pg, NULL, &write_events, pg_text(json), pg_bool(*conf.slack_webhook_url != '\0'));
}

/* The first `n` of the queue as an array. */
static const char *
gather(struct arena *mem, int *n)
{
	struct buf b = { 0 };
	const struct entry *e;
	const char *text;

	*n = 0;
	for (e = first; e != NULL && *n < BATCH_MAX; e = e->next) {
		buf_byte(&b, (*n)++ == 0 ? '[' : ',');
		buf_add(&b, e->json, e->n);
	}
	buf_byte(&b, ']');
	text = arena_copy(mem, b.p, b.n);
	buf_fini(&b);
	return text;
}

static void
forget(int n, size_t result)
{
	struct entry *e;

	metric_add(M_SECURITY_EVENTS, result, (uint64_t)n);
	for (; n > 0; n--, n_queued--) {
		e = first;
		first = e->next;
		free(e);
	}
	if (first == NULL) {
		end = &first;
		co_gate_wake_all(&emptied);
	}
}

static bool
may_succeed_later(int rc)
{
	return rc == E_DOWN || rc == E_BUSY || rc == E_TIMEOUT || rc == E_CANCELED;
}

/* One batch; the timer comes again while there are more. */
static void
write_batch(void *arg)
{
	int n, rc;

	(void)arg;
	rc = write_json(pg_shared(), gather(co_arena(), &n));
	writing = false;
	if (rc == 0) {
		forget(n, 0);
	} else if (!may_succeed_later(rc)) {
		log_error("security events cannot be written", JI("events", n), JS("error", err_row(rc)->code));
		forget(n, 1);
	}
	if (first != NULL)
		loop_timer_start(&timer, may_succeed_later(rc) ? RETRY_MS : 0, 0);
}

static void
on_time(struct loop_timer *t)
{
	(void)t;
	if (writing || first == NULL)
		return;
	writing = true;
	co_spawn(write_batch, NULL, WRITE_LIMIT_MS);
}

static void
enqueue(const struct buf *b)
{
	struct entry *e = malloc(sizeof(*e) + b->n);

	if (e == NULL)
		abort();
	e->next = NULL;
	e->n = b->n;
	memcpy(e->json, b->p, b->n);
	*end = e;
	end = &e->next;
	n_queued++;
	if (timer.on_time == NULL)
		loop_timer_init(&timer, on_time, NULL);
	if (!writing && !loop_timer_active(&timer))
		loop_timer_start(&timer, 0, 0);
}

void
audit_event(const char *type, const char *user, const char *ip, const struct json_field *details, size_t n)
{
	const struct audit_type *t = find_type(type);
	struct buf b = { 0 };

	put_event(&b, t, type, user, ip, details, n);
	if (t->level >= AUDIT_WARNING)
		log_warn("security", JR("event", ((struct str){ b.p, b.n })));
	else
		log_info("security", JR("event", ((struct str){ b.p, b.n })));
	if (n_queued < QUEUE_MAX)
		enqueue(&b);
	else
		metric_add(M_SECURITY_EVENTS, 1, 1);
	buf_fini(&b);
}

int
audit_event_in(struct pg *pg, const char *type, const char *user, const char *ip, const struct json_field *details, size_t n)
{
	struct buf b = { 0 };
	const char *text;

	buf_byte(&b, '[');
	put_event(&b, find_type(type), type, user, ip, details, n);
	buf_byte(&b, ']');
	text = arena_copy(co_arena(), b.p, b.n);
	buf_fini(&b);
	log_info("security", JR("events", str_of(text)));
	return write_json(pg, text);
}

int
audit_flush(void)
{
	int rc = 0;

	while (first != NULL && rc == 0)
		rc = co_gate_wait(&emptied, -1);
	return rc;
}
