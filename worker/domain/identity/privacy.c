/* privacy.c -- export and erasure, driven by privacy_tables[]. See privacy.h. Yields: all.
 *
 * The export runs as its user, so that row-level security applies too. `users` comes last in the erasure: other rows
 * are found by its e-mail address.
 */
#include "privacy.h"

#include "apikey.h"
#include "base/err.h"
#include "link/redis.h"
#include "revoked.h"
#include "run/co.h"
#include "session.h"
#include "worker/domain/core/audit.h"

#define EMAIL "(SELECT email FROM users WHERE id::text = $1)"
#define OF_USER(column) column "::text = $1"
/* `order` sorts the export; `hidden` are columns that hold secrets. */
#define EXPORT(table, where, order, hidden) PG_STMT("declare", table, \
	"DECLARE export NO SCROLL CURSOR FOR SELECT json_build_object('store', '" table "', 'row'," \
	"  to_jsonb(t) - '{" hidden "}'::text[])::text FROM " table " t" \
	" WHERE " where " ORDER BY " order)
#define ERASE(table, where) PG_STMT("delete", table, "DELETE FROM " table " WHERE " where)
#define CHANGE(table, set, where) PG_STMT("update", table, "UPDATE " table " SET " set " WHERE " where)

struct privacy_table privacy_tables[] = {
	{ "user_profiles", "user_id", PRIVACY_ERASE, "what the user says of himself",
	    EXPORT("user_profiles", OF_USER("user_id"), "user_id", ""), ERASE("user_profiles", OF_USER("user_id")) },
	{ "api_keys", "user_id", PRIVACY_ERASE, "names and use of keys, never the keys",
	    EXPORT("api_keys", OF_USER("user_id"), "id", "key_hash"), ERASE("api_keys", OF_USER("user_id")) },
	{ "idempotency_keys", "user_id", PRIVACY_ERASE, "answers kept for a day",
	    EXPORT("idempotency_keys", OF_USER("user_id"), "scope, key", "body,request_hash,owner"),
	    ERASE("idempotency_keys", OF_USER("user_id")) },
	{ "alerts", "user_id", PRIVACY_ERASE, "messages about the user not yet sent",
	    EXPORT("alerts", OF_USER("user_id"), "id", ""), ERASE("alerts", OF_USER("user_id")) },
	{ "analysis_requests", "user_id", PRIVACY_ANONYMISE, "requested analyses; they stay, without the user",
	    EXPORT("analysis_requests", OF_USER("user_id"), "task_id", ""),
	    CHANGE("analysis_requests", "user_id = NULL, payload = payload - 'userId'", OF_USER("user_id")) },
	{ "realtime_analysis_sessions", "user_id", PRIVACY_ANONYMISE,
	    "courses of requested analyses; they stay, without the user",
	    EXPORT("realtime_analysis_sessions", OF_USER("user_id"), "seq", ""),
	    CHANGE("realtime_analysis_sessions", "user_id = NULL", OF_USER("user_id")) },
	{ "search_sessions", "user_id", PRIVACY_ERASE, "search queries",
	    EXPORT("search_sessions", OF_USER("user_id"), "message_id", ""),
	    ERASE("search_sessions", OF_USER("user_id")) },
	{ "user_activity", "user_id", PRIVACY_ERASE, "days on which the user was there, and for how long",
	    EXPORT("user_activity", OF_USER("user_id"), "day", ""), ERASE("user_activity", OF_USER("user_id")) },
	{ "watch_list", "user_id", PRIVACY_ERASE, "products watched, with target prices",
	    EXPORT("watch_list", OF_USER("user_id"), "id", ""), ERASE("watch_list", OF_USER("user_id")) },
	{ "notifications", "user_id", PRIVACY_ERASE, "notifications",
	    EXPORT("notifications", OF_USER("user_id"), "id", ""), ERASE("notifications", OF_USER("user_id")) },
	{ "batch_jobs", "user_id", PRIVACY_ERASE, "scheduled analyses; they end",
	    EXPORT("batch_jobs", OF_USER("user_id"), "job_id", ""), ERASE("batch_jobs", OF_USER("user_id")) },
	{ "analysis_queue", "user_id", PRIVACY_ERASE, "analyses the user waits for",
	    EXPORT("analysis_queue", OF_USER("user_id"), "seq", ""), ERASE("analysis_queue", OF_USER("user_id")) },
	{ "orders", "user_id", PRIVACY_ANONYMISE, "purchases; the books stay, without the buyer",
	    EXPORT("orders", OF_USER("user_id"), "id", ""), CHANGE("orders", "user_id = NULL", OF_USER("user_id")) },
	{ "order_items", "user_id", PRIVACY_ANONYMISE, "purchases, item by item",
	    EXPORT("order_items", OF_USER("user_id"), "order_id, product_id", ""),
	    CHANGE("order_items", "user_id = NULL", OF_USER("user_id")) },
	{ "order_items", "seller_id", PRIVACY_ANONYMISE,
	    "sales; they stay, without the seller and, in this copy, the buyer",
	    EXPORT("order_items", OF_USER("seller_id"), "order_id, product_id", "user_id"),
	    CHANGE("order_items", "seller_id = NULL", OF_USER("seller_id")) },
	{ "products", "seller_id", PRIVACY_ANONYMISE, "products offered; they leave the shop",
	    EXPORT("products", OF_USER("seller_id"), "id", ""),
	    PG_STMT("update", "products",
	    "WITH mine AS (SELECT id FROM products WHERE " OF_USER("seller_id") " ORDER BY id FOR NO KEY UPDATE)"
	    " UPDATE products p SET seller_id = NULL, deleted_at = coalesce(deleted_at, now()),"
	    "   version = version + 1, revision = revision + 1"
	    " FROM mine"
	    " WHERE p.id = mine.id") },
	{ "stock_adjustments", "user_id", PRIVACY_ANONYMISE, "stock changes; they stay, without the user",
	    EXPORT("stock_adjustments", OF_USER("user_id"), "id", ""),
	    CHANGE("stock_adjustments", "user_id = NULL", OF_USER("user_id")) },
	{ "streams", "seller_id", PRIVACY_ANONYMISE, "streams; they stay, without the seller",
	    EXPORT("streams", OF_USER("seller_id"), "stream_key", ""),
	    CHANGE("streams", "seller_id = NULL", OF_USER("seller_id")) },
	{ "stream_moderators", "user_id", PRIVACY_ERASE, "chats the user moderates",
	    EXPORT("stream_moderators", OF_USER("user_id"), "stream_key", ""),
	    ERASE("stream_moderators", OF_USER("user_id")) },
	{ "stream_viewers", "user_id", PRIVACY_ERASE, "streams watched; the counts stay",
	    EXPORT("stream_viewers", OF_USER("user_id"), "stream_key", ""),
	    ERASE("stream_viewers", OF_USER("user_id")) },
	{ "chat_messages", "user_id", PRIVACY_ERASE, "chat messages",
	    EXPORT("chat_messages", OF_USER("user_id"), "id", ""), ERASE("chat_messages", OF_USER("user_id")) },
	{ "chat_sanctions", "user_id", PRIVACY_ERASE, "mutes and bans of the user",
	    EXPORT("chat_sanctions", OF_USER("user_id"), "stream_key, kind", "created_by"),
	    ERASE("chat_sanctions", OF_USER("user_id")) },
	{ "chat_sanctions", "created_by", PRIVACY_ANONYMISE, "mutes and bans by the user; they stay, without the user",
	    EXPORT("chat_sanctions", OF_USER("created_by"), "stream_key, kind", "user_id"),
	    CHANGE("chat_sanctions", "created_by = NULL", OF_USER("created_by")) },
	{ "user_keyword_preferences", "user_id", PRIVACY_ERASE, "keywords the user likes or not",
	    EXPORT("user_keyword_preferences", OF_USER("user_id"), "keyword", ""),
	    ERASE("user_keyword_preferences", OF_USER("user_id")) },
	{ "user_video_interactions", "user_id", PRIVACY_ERASE, "videos watched, liked, shared, saved, hidden",
	    EXPORT("user_video_interactions", OF_USER("user_id"), "at, id", "tx"),
	    ERASE("user_video_interactions", OF_USER("user_id")) },
	{ "recommendation_lists", "user_id", PRIVACY_ERASE, "what was recommended to the user",
	    EXPORT("recommendation_lists", OF_USER("user_id"), "created_at, id", ""),
	    ERASE("recommendation_lists", OF_USER("user_id")) },
	{ "video_search_sessions", "user_id", PRIVACY_ERASE, "searches for videos",
	    EXPORT("video_search_sessions", OF_USER("user_id"), "id", ""),
	    ERASE("video_search_sessions", OF_USER("user_id")) },
	{ "editor_lists", "created_by", PRIVACY_ANONYMISE, "entries of editors' lists; they stay, without the editor",
	    EXPORT("editor_lists", OF_USER("created_by"), "id", ""),
	    CHANGE("editor_lists", "created_by = NULL", OF_USER("created_by")) },
	{ "security_logs", "user_id", PRIVACY_ANONYMISE,
	    "logins and other security events; they stay, without names, with truncated addresses",
	    EXPORT("security_logs", OF_USER("user_id") " OR details->>'email' = " EMAIL, "id", ""),
	    CHANGE("security_logs", "user_id = left(user_id, 8) || '-****', ip_address = anon_ip(ip_address),"
	    " details = (SELECT coalesce(jsonb_object_agg(key, CASE key WHEN 'email'"
	    "   THEN to_jsonb(anon_email(value #>> '{}')) ELSE value END), '{}')"
	    "  FROM jsonb_each(details) WHERE key IN ('email', 'reason', 'role', 'rotated', 'attempts', 'sessions',"
	    "    'blockedSeconds'))",
	    OF_USER("user_id") " OR details->>'email' = " EMAIL) },
	{ "app_logs", "user_id", PRIVACY_ERASE, "warnings in the server's log that name the user",
	    EXPORT("app_logs", OF_USER("user_id"), "seq", ""), ERASE("app_logs", OF_USER("user_id")) },
	{ "system_config", "updated_by", PRIVACY_ANONYMISE, "settings of the service that the user changed; they stay",
	    EXPORT("system_config", OF_USER("updated_by"), "key", ""),
	    CHANGE("system_config", "updated_by = NULL", OF_USER("updated_by")) },
	{ "account_mails", "email", PRIVACY_ERASE, "mails about the account not yet sent, links not yet used",
	    EXPORT("account_mails", "email = " EMAIL, "id", "id,password_hash"),
	    ERASE("account_mails", "email = " EMAIL) },
	{ "users", "id", PRIVACY_ERASE, "the account",
	    EXPORT("users", OF_USER("id"), "id", "password_hash"), ERASE("users", OF_USER("id")) },
	{ 0 }
};

/* --- Export --- */

static struct pg_stmt next_rows = PG_STMT("fetch", "other", "FETCH 100 FROM export");
static struct pg_stmt close_cursor = PG_STMT("fetch", "other", "CLOSE export");

/* Appends one page of rows as lines. */
static int
export_page(struct pg *pg, struct buf *lines, int *n)
{
	struct arena_mark before = arena_mark(co_arena());
	struct pg_rows r;
	int i, rc;

	*n = 0;
	buf_reset(lines);
	if ((rc = pg_query(pg, &r, &next_rows)) == 0) {
		for (i = 0; i < r.n; i++) {
			struct str line = pg_value(&r, i, 0);

			buf_add(lines, line.p, line.n);
			buf_byte(lines, '\n');
		}
		*n = r.n;
	}
	arena_release(co_arena(), before);
	return rc;
}

static int
export_table(struct pg *pg, struct privacy_table *t, const char *user, struct buf *lines, privacy_put *put, void *arg)
{
	int n, rc = pg_query(pg, NULL, &t->export, pg_text(user));

	while (rc == 0 && (rc = export_page(pg, lines, &n)) == 0 && n > 0)
		rc = put(arg, (struct str){ lines->p, lines->n });
	return rc == 0 ? pg_query(pg, NULL, &close_cursor) : rc;
}

static void
free_lines(void *p)
{
	buf_fini(p);
}

static int
export_tables(struct arena *mem, const char *user, privacy_put *put, void *arg)
{
	struct buf *lines = arena_zalloc(mem, sizeof(*lines));
	struct privacy_table *t;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin_as(&pg, user)) < 0)
		return rc;
	co_defer(free_lines, lines);
	for (t = privacy_tables; t->table != NULL && rc == 0; t++)
		rc = export_table(pg, t, user, lines, put, arg);
	pg_rollback(&pg);
	return rc;
}

/* Lists of texts in Redis that concern the user, besides sessions. */
static const char *const lists[] = { "user_recent_searches", "user_notifications" };

static int
export_redis(struct arena *mem, const char *user, privacy_put *put, void *arg)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r[NELEM(lists)];
	struct buf out = { 0 };
	struct str sessions;
	size_t i, k;
	int rc;

	if ((rc = session_list(mem, user, NULL, &sessions)) < 0)
		return rc;
	for (i = 0; i < NELEM(lists); i++)
		redis_add(b, "LRANGE %s:%s 0 -1", lists[i], user);
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	json_put_obj(&out, (struct json_field[]){ JS("store", "sessions"), JR("row", sessions) }, 2);
	buf_byte(&out, '\n');
	for (i = 0; i < NELEM(lists); i++)
		for (k = 0; r[i].type == REDIS_ARRAY && k < r[i].n; k++) {
			json_put_obj(&out, (struct json_field[]){ JS("store", lists[i]), JN("row", r[i].v[k].s) }, 2);
			buf_byte(&out, '\n');
		}
	rc = put(arg, (struct str){ out.p, out.n });
	buf_fini(&out);
	return rc;
}

int
privacy_export(struct arena *mem, const char *user, privacy_put *put, void *arg)
{
	int rc = export_tables(mem, user, put, arg);

	return rc < 0 ? rc : export_redis(mem, user, put, arg);
}

/* --- Erasure --- */

static struct pg_stmt describe_user = PG_STMT("select", "users",
    "SELECT anon_email(email), email, left(id::text, 8) || '-****', anon_ip($2)"
    " FROM users WHERE id::text = $1 FOR UPDATE");
enum { ANON_EMAIL, EMAIL_ADDRESS, ANON_ID, ANON_IP };

static int
forget_tables(struct pg *pg, const char *user, struct privacy_outcome *out)
{
	struct privacy_table *t;
	struct pg_rows r;
	int rc;

	for (t = privacy_tables; t->table != NULL; t++) {
		if ((rc = pg_query(pg, &r, &t->forget, pg_text(user))) < 0)
			return rc;
		if (t->how == PRIVACY_ERASE)
			out->erased += r.affected;
		else
			out->anonymised += r.affected;
	}
	return 0;
}

/* Erases the rows and records it; *email is NULL when the account does not exist any more. */
static int
forget_rows(struct pg *pg, const char *user, const char *ip, struct privacy_outcome *out, const char **email)
{
	struct pg_rows r;
	int rc;

	*email = NULL;
	if ((rc = pg_query(pg, &r, &describe_user, pg_text(user), pg_text(ip))) < 0 ||
	    (rc = forget_tables(pg, user, out)) < 0)
		return rc;
	if (r.n == 0)
		return 0;
	*email = pg_string(&r, 0, EMAIL_ADDRESS);
	return AUDIT_IN(pg, "user_data_deleted", pg_string(&r, 0, ANON_ID), pg_string(&r, 0, ANON_IP),
	    JS("email", pg_string(&r, 0, ANON_EMAIL)), JI("erased", out->erased), JI("anonymised", out->anonymised));
}

/* Deletes what would expire anyway, but might be read before. */
static void
clear_redis(const char *user, const char *email)
{
	static const char *const keys[] = { "user_online", "user_recent_searches", "user_notifications",
	    "websocket_connection", "recommendations:generation" };
	size_t i;

	for (i = 0; i < NELEM(keys); i++)
		redis_send("DEL %s:%s", keys[i], user);
	redis_send("DEL user:%s:apikeys", user);
	if (email != NULL)
		redis_send("DEL login_attempts:%s login_attempts_from:%s lockout:%s", email, email, email);
}

int
privacy_forget(struct arena *mem, const char *user, const char *ip, struct privacy_outcome *out)
{
	const char *email;
	int64_t sessions;
	struct pg *pg;
	int rc;

	*out = (struct privacy_outcome){ 0 };
	if ((rc = session_end_all(mem, user, NULL, &sessions)) < 0 || (rc = apikey_forget_user(user)) < 0 ||
	    (rc = revoke_user(mem, user)) < 0 || (rc = pg_begin(&pg)) < 0)
		return rc;
	rc = forget_rows(pg, user, ip, out, &email);
	if (rc < 0)
		pg_rollback(&pg);
	else
		rc = pg_commit(&pg);
	if (rc < 0)
		return rc;
	clear_redis(user, email);
	return apikey_forget_user(user);	/* a key looked up meanwhile is dropped from the caches */
}
