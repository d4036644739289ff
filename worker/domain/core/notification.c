/* notification.c -- the rules and SQL of notifications. See notification.h. */
#include "notification.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/language.h"
#include "base/metric.h"
#include "base/user_id.h"
#include "notification_text.h"

static struct pg_stmt add_row = PG_STMT("insert", "notifications",
    "INSERT INTO notifications (user_id, type, title, message, priority, data, source_id, extra)"
    " SELECT id, $2, $3, $4, coalesce($5, 'normal'), coalesce($6::jsonb, '{}'), $7, $8::json"
    " FROM users WHERE id = $1::text"
    " ON CONFLICT (user_id, source_id) DO NOTHING RETURNING " NOTIFICATION_EVENT);
static struct pg_stmt find_user = PG_STMT("select", "users", "SELECT FROM users WHERE id = $1::text");

/* The event's own members; what else was sent is `extra`. */
static const char *const own_members[] = { "id", "userId", "type", "title", "message", "priority", "data", "read",
    "readAt", "createdAt", NULL };

static void
put_texts(struct buf *b, const struct notification *n, const struct notification_text *t)
{
	bool title = n->title == NULL;

	buf_str(b, ",\"texts\":{\"ko\":");
	json_put_obj(b, (const struct json_field[]){ JIF(title, JS("title", t->ko_title)), JS("message", t->ko) }, 2);
	buf_str(b, ",\"en\":");
	json_put_obj(b, (const struct json_field[]){ JIF(title, JS("title", t->en_title)), JS("message", t->en) }, 2);
	buf_byte(b, '}');
}

/* p NULL: there is none. */
static struct str
extra_json(struct arena *mem, const struct notification *n, const struct notification_text *t)
{
	struct buf b = { 0 };
	struct str all;

	json_put_others(&b, n->sent, NULL, 0, own_members);
	if (t != NULL && json_get(n->sent, "texts") == NULL)
		put_texts(&b, n, t);
	if (b.n == 0)
		return (struct str){ NULL, 0 };
	buf_byte(&b, '}');
	all = buf_to_arena(mem, &b);
	*(char *)(uintptr_t)all.p = '{';	/* was the first comma */
	return all;
}

static const char *
list_key(struct arena *mem, const char *user)
{
	return arena_printf(mem, "user_notifications:%s", user);
}

void
notification_effects(struct effects *effects, const char *user, struct str event)
{
	struct arena *mem = effects_arena(effects);
	const char *key = list_key(mem, user);

	effects_push(effects, key, arena_copy(mem, event.p, event.n), conf.notifications_list_max,
	    conf.notifications_list_ttl);
	effects_channel(effects, key, event);
	effects_room(effects, arena_printf(mem, "user:%s", user), ROOM_STATE, "notification", NULL, event, false);
	metric_add(M_NOTIFICATIONS, 0, 1);
}

int
notification_add(struct pg *pg, struct effects *effects, const struct notification *n)
{
	const struct notification_text *t = n->message == NULL ? notification_text(n->type) : NULL;
	bool en = language_english(LANGUAGE_NONE);
	const char *title = n->title != NULL ? n->title : t == NULL ? "" : en ? t->en_title : t->ko_title;
	const char *message = n->message != NULL ? n->message : t == NULL ? "" : en ? t->en : t->ko;
	struct pg_rows r;
	int rc;

	if (!user_id_valid(n->user))
		return E_NOT_FOUND;
	rc = pg_query(pg, &r, &add_row, pg_text(n->user), pg_text(n->type), pg_text(title), pg_text(message),
	    pg_text(n->priority), pg_text(n->data.p), pg_text(n->source_id),
	    pg_text(extra_json(effects_arena(effects), n, t).p));
	if (rc < 0)
		return rc;
	if (r.n > 0) {
		notification_effects(effects, n->user, pg_value(&r, 0, 0));
		return 0;
	}
	rc = pg_query(pg, &r, &find_user, pg_text(n->user));
	return rc < 0 ? rc : r.n == 0 ? E_NOT_FOUND : E_CONFLICT;
}

static struct pg_stmt added_since = PG_STMT("select", "notifications",
    "SELECT user_id, " NOTIFICATION_EVENT " FROM notifications"
    " WHERE created_at >= to_timestamp($1::double precision / 1000)"
    " ORDER BY id");
enum { ADDED_USER, ADDED_EVENT };

int
notification_republish(struct effects *effects, int64_t since_ms)
{
	struct pg_rows r;
	int rc, i;

	rc = pg_query(pg_shared(), &r, &added_since, pg_int(since_ms));
	for (i = 0; rc == 0 && i < r.n; i++) {
		effects_command(effects, "LREM", list_key(effects_arena(effects), pg_string(&r, i, ADDED_USER)), "0",
		    pg_string(&r, i, ADDED_EVENT), NULL);
		notification_effects(effects, pg_string(&r, i, ADDED_USER), pg_value(&r, i, ADDED_EVENT));
	}
	return rc;
}

/* --- For the users themselves --- */

enum { LIST, COUNT, LAST, UNREAD };	/* columns */
static struct pg_stmt read_list = PG_STMT("select", "notifications",
    "WITH page AS ("
    "  SELECT * FROM notifications"
    "  WHERE user_id = $1::text AND ($3::bigint IS NULL OR id < $3) AND (NOT $4::boolean OR read_at IS NULL)"
    "  ORDER BY id DESC LIMIT $2)"
    " SELECT coalesce(json_agg(" NOTIFICATION_WITH_EXTRA("json_build_object('id', id, 'type', type,"
    "   'title', coalesce(extra -> 'texts' -> $5::text ->> 'title', title),"
    "   'message', coalesce(extra -> 'texts' -> $5::text ->> 'message', message), 'priority', priority,"
    "   'data', data, 'read', read_at IS NOT NULL, 'readAt', iso(read_at), 'createdAt', iso(created_at))") "::json"
    "   ORDER BY id DESC), '[]')::text,"
    "   count(*), min(id), (SELECT count(*) FROM notifications WHERE user_id = $1::text AND read_at IS NULL)"
    " FROM page");
static struct pg_stmt count_unread = PG_STMT("select", "notifications",
    "SELECT count(*) FROM notifications WHERE user_id = $1::text AND read_at IS NULL");
static struct pg_stmt mark_read = PG_STMT("update", "notifications",
    "UPDATE notifications SET read_at = now()"
    " WHERE user_id = $1::text AND ($2::bigint = 0 OR id = $2) AND read_at IS NULL");
static struct pg_stmt find_one = PG_STMT("select", "notifications",
    "SELECT FROM notifications WHERE user_id = $1::text AND id = $2");
static struct pg_stmt delete_one = PG_STMT("delete", "notifications",
    "DELETE FROM notifications WHERE user_id = $1::text AND id = $2 RETURNING " NOTIFICATION_EVENT);

int
notification_list(struct arena *mem, const char *user, const struct notification_filter *f, struct str *list,
    const char **next, int64_t *unread)
{
	struct pg_rows r;
	int64_t id;
	int rc;

	if (f->cursor != NULL && !parse_int(f->cursor, 1, INT64_MAX, &id))
		return E_VALIDATION;
	if ((rc = pg_query(pg_as(user), &r, &read_list, pg_text(user), pg_int(f->limit), pg_text(f->cursor),
	    pg_bool(f->unread_only), pg_text(f->language))) < 0)
		return rc;
	*list = pg_value(&r, 0, LIST);
	*next = pg_integer(&r, 0, COUNT) < f->limit ? NULL : arena_printf(mem, "%lld",
	    (long long)pg_integer(&r, 0, LAST));
	*unread = pg_integer(&r, 0, UNREAD);
	return 0;
}

static int
read_unread(struct pg *pg, const char *user, int64_t *unread)
{
	struct pg_rows r;
	int rc = pg_query(pg, &r, &count_unread, pg_text(user));

	*unread = rc == 0 ? pg_integer(&r, 0, 0) : 0;
	return rc;
}

int
notification_unread(const char *user, int64_t *unread)
{
	return read_unread(pg_as(user), user, unread);
}

/* Marking a read notification again is no error; an unknown id is. */
static int
mark_as_read(struct pg *pg, const char *user, int64_t id)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &mark_read, pg_text(user), pg_int(id))) < 0 || id == 0 || r.affected > 0)
		return rc;
	rc = pg_query(pg, &r, &find_one, pg_text(user), pg_int(id));
	return rc < 0 ? rc : r.n == 0 ? E_NOT_FOUND : 0;
}

int
notification_read(struct arena *mem, const char *user, int64_t id, int64_t *unread)
{
	struct effects *effects = effects_new(mem);
	struct pg *pg;
	int rc;

	if ((rc = pg_begin_as(&pg, user)) < 0)
		return rc;
	if ((rc = mark_as_read(pg, user, id)) == 0)
		rc = read_unread(pg, user, unread);
	if ((rc = pg_end(&pg, rc)) < 0)
		return rc;
	effects_room(effects, arena_printf(mem, "user:%s", user), ROOM_STATE, "notification-read", NULL,
	    json_obj(mem, id > 0 ? JI("id", id) : JB("all", true), JI("unreadCount", *unread)), false);
	effects_apply(effects);
	return 0;
}

int
notification_delete(struct arena *mem, const char *user, int64_t id)
{
	struct effects *effects = effects_new(mem);
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_as(user), &r, &delete_one, pg_text(user), pg_int(id))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	effects_command(effects, "LREM", list_key(mem, user), "0", pg_string(&r, 0, 0), NULL);
	effects_apply(effects);
	return 0;
}
