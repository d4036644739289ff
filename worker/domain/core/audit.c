/* audit.c -- security events: log line, queue, table. See audit.h.
 *
 * The queue holds each event as the JSON object that the INSERT takes apart. Yields: the writer, audit_event_in,
 * audit_flush.
 */
#include "audit.h"

#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/mask.h"
#include "base/metric.h"
#include "group_commit.h"
#include "run/co.h"

enum { QUEUE_MAX = 4096, BATCH_MAX = 500, WRITE_LIMIT_MS = 15000, RETRY_MS = 1000, DETAILS_MAX = 16384 };
enum { WRITTEN, DROPPED };	/* cells of M_SECURITY_EVENTS */

static const char *const level_names[] = { "info", "warning", "error", "critical" };

static const struct type {
	const char		*name;
	enum audit_level	 level;
	bool			 alert;		/* also sent to the operators at once (alert.h) */
	const char		*help;
} types[] = {
	{ "failed_login", AUDIT_WARNING, true, "a wrong password or token" },
	{ "suspicious_activity", AUDIT_ERROR, true,
	    "a pattern that hardly occurs by chance: a blocked address, a reused token" },
	{ "data_breach", AUDIT_CRITICAL, true, "data disclosed to an unauthorised person" },
	{ "process_quarantined", AUDIT_CRITICAL, true, "a process that keeps dying is not restarted any more" },
	{ "account_locked", AUDIT_WARNING, false, "an account locked after too many failures, or by an administrator" },
	{ "account_unlocked", AUDIT_WARNING, false, "an account unlocked by an administrator" },
	{ "operator_action", AUDIT_WARNING, false, "what an administrator did to the running service" },
	{ "login", AUDIT_INFO, false, "a successful login" },
	{ "logout", AUDIT_INFO, false, "a session ended by its owner" },
	{ "registered", AUDIT_INFO, false, "a new account" },
	{ "password_changed", AUDIT_INFO, false, "a password changed by its owner or an administrator" },
	{ "role_changed", AUDIT_WARNING, false, "a role granted or withdrawn" },
	{ "session_revoked", AUDIT_INFO, false, "sessions ended before their time" },
	{ "setting_changed", AUDIT_WARNING, false, "a setting of the running service changed by an administrator" },
	{ "api_key_created", AUDIT_INFO, false, "an API key created or rotated" },
	{ "api_key_revoked", AUDIT_INFO, false, "an API key revoked" },
	{ "payment_refused", AUDIT_WARNING, false, "a payment event without a valid signature" },
	{ "user_data_exported", AUDIT_INFO, false, "a user exported their stored data" },
	{ "user_data_deleted", AUDIT_INFO, false, "an account erased at its owner's request" },
	{ 0 }
};

static const struct type *
find_type(const char *name)
{
	static const struct type other = { .name = "", .level = AUDIT_INFO, .alert = false, .help = "" };
	const struct type *t;

	for (t = types; t->name != NULL; t++)
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

/* The event as the JSON that write_events expects. */
static void
put_event(struct buf *out, const struct type *t, const char *type, const char *user, const char *ip,
    const struct json_field *f, size_t n)
{
	struct buf details = { 0 };
	struct json_field event[] = {
		JS("event_type", type), JS("level", level_names[t->level]), JB("alert", t->alert), JS("user_id", user),
		JS("ip_address", ip), JS("request_id", log_request_now()), JT("created_at", now_ms()),
		{ .kind = FIELD_SKIP },
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
    "  SELECT event_type, level, alert, user_id, ip_address, created_at,"
    "    coalesce(details, '{}') || CASE WHEN request_id IS NULL THEN '{}'"
    "      ELSE jsonb_build_object('requestId', request_id) END AS details"
    "  FROM jsonb_to_recordset($1::jsonb) AS e(event_type text, level text, alert boolean, user_id text,"
    "    ip_address text, request_id text, details jsonb, created_at timestamptz)),"
    " told AS ("
    "  INSERT INTO alerts (level, title, user_id, details, created_at)"
    "  SELECT level, event_type, user_id, details || jsonb_build_object('ip', ip_address, 'user', user_id),"
    "    created_at"
    "  FROM event WHERE alert AND $2::boolean)"
    " INSERT INTO security_logs (event_type, level, user_id, ip_address, details, created_at)"
    " SELECT event_type, level, user_id, ip_address, details, created_at"
    " FROM event");

static int
write_json(struct pg *pg, const char *json)
{
	return pg_query(pg, NULL, &write_events, pg_text(json), pg_bool(*conf.slack_webhook_url != '\0'));
}

static int
write_queued(struct group_entry *const *batch, size_t n)
{
	return write_json(pg_shared(), group_records_json(co_arena(), batch, n));
}

static void
count_settled(size_t n, int rc)
{
	metric_add(M_SECURITY_EVENTS, rc == 0 ? WRITTEN : DROPPED, (uint64_t)n);
	if (rc < 0)
		log_error("security events cannot be written", JI("events", (int64_t)n),
		    JS("error", err_row(rc)->code));
}

static struct group_commit queue = {
	.write = write_queued, .settled = count_settled, .deferred = true, .batch_max = BATCH_MAX,
	.writers_max = 1, .limit_ms = WRITE_LIMIT_MS, .retry_ms = RETRY_MS,
};

void
audit_event(const char *type, const char *user, const char *ip, const struct json_field *details, size_t n)
{
	const struct type *t = find_type(type);
	struct buf b = { 0 };

	put_event(&b, t, type, user, ip, details, n);
	if (t->level >= AUDIT_WARNING)
		log_warn("security", JR("event", ((struct str){ b.p, b.n })));
	else
		log_info("security", JR("event", ((struct str){ b.p, b.n })));
	if (!group_commit_add_record(&queue, QUEUE_MAX, b.p, b.n))
		metric_add(M_SECURITY_EVENTS, DROPPED, 1);
	buf_fini(&b);
}

int
audit_event_in(struct pg *pg, const char *type, const char *user, const char *ip, const struct json_field *details,
    size_t n)
{
	struct buf b = { 0 };
	const char *text;

	buf_byte(&b, '[');
	put_event(&b, find_type(type), type, user, ip, details, n);
	buf_byte(&b, ']');
	text = buf_to_arena(co_arena(), &b).p;
	log_info("security", JR("events", str_of(text)));
	return write_json(pg, text);
}

int
audit_flush(void)
{
	return group_commit_flush(&queue);
}
