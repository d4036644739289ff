/* chat_order.c -- moderation: deletes messages, mutes and bans users, names moderators. See chat.h. Yields: all. */
#include "base/err.h"
#include "base/json.h"
#include "chat.h"
#include "chat_sql.h"
#include "worker/domain/core/room.h"

enum { ROLES = 4 };

static int
rank_of(const char *role)
{
	static const char *const roles[ROLES] = { "user", "moderator", "seller", "admin" };
	int i;

	for (i = 0; i < ROLES && strcmp(roles[i], role) != 0; i++)
		;
	return i;
}
enum { RANK_USER, RANK_MODERATOR, RANK_SELLER, RANK_ADMIN };

static struct pg_stmt read_role = PG_STMT("select", "streams",
    "SELECT " CHAT_ROLE("$2", "$3::boolean") " FROM streams s WHERE s.stream_key = $1");

/* The caller's rank in the stream; E_FORBIDDEN below `need`. */
static int
need_rank(const char *key, const struct caller *who, int need, int *rank)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &read_role, pg_text(key), pg_text(who->user), pg_bool(who->admin))) < 0)
		return rc;
	*rank = rank_of(pg_string(&r, 0, 0));
	return *rank >= need ? 0 : E_FORBIDDEN;
}

/* --- Messages --- */

static struct pg_stmt drop_message = PG_STMT("update", "chat_messages",
    "UPDATE chat_messages SET deleted_at = now() WHERE stream_key = $1 AND id = $2 AND deleted_at IS NULL");

int
chat_delete(struct arena *mem, const char *key, const struct caller *who, const char *id)
{
	struct pg_rows r;
	int64_t number;
	int rc, rank;

	if ((rc = need_rank(key, who, RANK_MODERATOR, &rank)) < 0)
		return rc;
	if (!parse_int(id, 0, INT64_MAX, &number))
		return E_NOT_FOUND;
	if ((rc = pg_query(pg_shared(), &r, &drop_message, pg_text(key), pg_int(number))) < 0)
		return rc;
	if (r.affected == 0)
		return E_NOT_FOUND;
	room_publish(chat_room(mem, key), ROOM_CARD, "chat:message-deleted", NULL,
	    json_obj(mem, JS("streamKey", key), JS("id", id)), false);
	return 0;
}

/* --- People --- */

/* $5 seconds, 0: for ever. Replaces a sanction of the same kind. $6 is the caller's rank; the seller cannot be
 * sanctioned. */
static struct pg_stmt put_sanction = PG_STMT("insert", "chat_sanctions",
    "INSERT INTO chat_sanctions (stream_key, user_id, kind, until, reason, created_by)"
    " SELECT s.stream_key, $2::text, $3::text,"
    "   CASE WHEN $5::bigint = 0 THEN 'infinity'::timestamptz ELSE now() + make_interval(secs => $5::bigint) END,"
    "   $4::text, $7::text"
    " FROM streams s"
    " WHERE s.stream_key = $1 AND s.seller_id IS DISTINCT FROM $2::text"
    "   AND NOT EXISTS (SELECT FROM users WHERE id::text = $2 AND role = 'admin')"
    "   AND ($6::int > 1 OR NOT EXISTS (SELECT FROM stream_moderators o WHERE o.stream_key = $1 AND o.user_id = $2))"
    " ON CONFLICT (stream_key, user_id, kind) DO UPDATE SET"
    "   until = excluded.until, reason = excluded.reason, created_by = excluded.created_by, created_at = now()"
    " RETURNING json_build_object('streamKey', stream_key, 'userId', user_id, 'kind', kind,"
    "   'until', CASE WHEN until < 'infinity' THEN iso(until) END, 'reason', reason)::text");

static void
publish_person(struct arena *mem, const char *key, struct str doc)
{
	room_publish(chat_room(mem, key), ROOM_STATE, CHAT_PERSON_EVENT, NULL, doc, false);
}

int
chat_sanction(struct arena *mem, const char *key, const struct caller *who, const struct chat_sanction *s,
    struct str *doc)
{
	struct pg_rows r;
	int rc, rank;

	if ((rc = need_rank(key, who, RANK_MODERATOR, &rank)) < 0)
		return rc;
	if ((rc = pg_query(pg_shared(), &r, &put_sanction, pg_text(key), pg_text(s->user), pg_text(s->kind),
	    pg_text(s->reason), pg_int(s->seconds), pg_int(rank), pg_text(who->user))) < 0)
		return rc;
	if (r.n == 0)
		return E_FORBIDDEN;
	*doc = pg_value(&r, 0, 0);
	publish_person(mem, key, *doc);
	return 0;
}

static struct pg_stmt drop_sanction = PG_STMT("delete", "chat_sanctions",
    "DELETE FROM chat_sanctions WHERE stream_key = $1 AND user_id = $2 AND kind = $3 AND until > now()");

int
chat_lift(struct arena *mem, const char *key, const struct caller *who, const char *user, const char *kind)
{
	struct pg_rows r;
	int rc, rank;

	if ((rc = need_rank(key, who, RANK_MODERATOR, &rank)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &drop_sanction, pg_text(key), pg_text(user), pg_text(kind))) < 0)
		return rc;
	if (r.affected == 0)
		return E_NOT_FOUND;
	publish_person(mem, key, json_obj(mem, JS("streamKey", key), JS("userId", user),
	    JS("kind", arena_printf(mem, "un%s", kind))));
	return 0;
}

static struct pg_stmt list_sanctions = PG_STMT("select", "chat_sanctions",
    "SELECT coalesce(json_agg(json_build_object('userId', x.user_id, 'userName', " CHAT_NAME("x.user_id") ","
    "   'kind', x.kind, 'until', CASE WHEN x.until < 'infinity' THEN iso(x.until) END, 'reason', x.reason,"
    "   'createdBy', x.created_by, 'createdAt', iso(x.created_at)) ORDER BY x.created_at DESC, x.user_id, x.kind),"
    "   '[]')::text"
    " FROM ("
    "   SELECT * FROM chat_sanctions"
    "   WHERE stream_key = $1 AND until > now()"
    "   ORDER BY created_at DESC LIMIT 1000) x" CHAT_PERSON("x.user_id"));

int
chat_sanctions(struct arena *mem, const char *key, const struct caller *who, struct str *list)
{
	struct pg_rows r;
	int rc, rank;

	(void)mem;
	if ((rc = need_rank(key, who, RANK_MODERATOR, &rank)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &list_sanctions, pg_text(key))) < 0)
		return rc;
	*list = pg_value(&r, 0, 0);
	return 0;
}

/* --- The chat's rules --- */

static struct pg_stmt set_slow = PG_STMT("update", "streams",
    "UPDATE streams SET slow_mode_s = $2, updated_at = now() WHERE stream_key = $1");

int
chat_slow(struct arena *mem, const char *key, const struct caller *who, int64_t seconds)
{
	int rc, rank;

	if ((rc = need_rank(key, who, RANK_MODERATOR, &rank)) < 0 ||
	    (rc = pg_query(pg_shared(), NULL, &set_slow, pg_text(key), pg_int(seconds))) < 0)
		return rc;
	chat_rules_changed(key);
	room_publish(chat_room(mem, key), ROOM_STATE, "chat:slow-mode", NULL,
	    json_obj(mem, JS("streamKey", key), JI("slowModeSeconds", seconds)), false);
	return 0;
}

static struct pg_stmt list_moderators = PG_STMT("select", "stream_moderators",
    "SELECT coalesce(json_agg(json_build_object('userId', o.user_id, 'userName', " CHAT_NAME("o.user_id") ","
    "   'createdAt', iso(o.created_at)) ORDER BY o.created_at, o.user_id), '[]')::text"
    " FROM stream_moderators o" CHAT_PERSON("o.user_id")
    " WHERE o.stream_key = $1");
static struct pg_stmt add_moderator = PG_STMT("insert", "stream_moderators",
    "INSERT INTO stream_moderators (stream_key, user_id) VALUES ($1, $2)");
static struct pg_stmt drop_moderator = PG_STMT("delete", "stream_moderators",
    "DELETE FROM stream_moderators WHERE stream_key = $1 AND user_id = $2");

int
chat_moderators(struct arena *mem, const char *key, const struct caller *who, struct str *list)
{
	struct pg_rows r;
	int rc, rank;

	(void)mem;
	if ((rc = need_rank(key, who, RANK_MODERATOR, &rank)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &list_moderators, pg_text(key))) < 0)
		return rc;
	*list = pg_value(&r, 0, 0);
	return 0;
}

static int
change_moderator(const char *key, const struct caller *who, const char *user, struct pg_stmt *stmt)
{
	struct pg_rows r;
	int rc, rank;

	if ((rc = need_rank(key, who, RANK_SELLER, &rank)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, stmt, pg_text(key), pg_text(user))) < 0)
		return rc;
	if (r.affected == 0)
		return E_NOT_FOUND;
	chat_rules_changed(key);
	return 0;
}

int
chat_moderator_add(struct arena *mem, const char *key, const struct caller *who, const char *user)
{
	(void)mem;
	return change_moderator(key, who, user, &add_moderator);
}

int
chat_moderator_drop(struct arena *mem, const char *key, const struct caller *who, const char *user)
{
	(void)mem;
	return change_moderator(key, who, user, &drop_moderator);
}
