/* chat_read.c -- access to a chat, and its history. See chat.h. Yields: all. */
#include "base/conf.h"
#include "base/err.h"
#include "chat.h"
#include "chat_sql.h"

enum { STATUS, ROLE, SLOW_MODE_S, BANNED_S };	/* columns */
static struct pg_stmt read_access = PG_STMT("select", "streams",
    "SELECT s.status, " CHAT_ROLE("$2", "$3::boolean") ", s.slow_mode_s,"
    "   ("
    "     SELECT CASE WHEN until < 'infinity' THEN ceil(extract(epoch FROM until - now()))::bigint ELSE 0 END"
    "     FROM chat_sanctions x"
    "     WHERE x.stream_key = s.stream_key AND x.user_id = $2 AND x.kind = 'ban' AND x.until > now())"
    " FROM streams s WHERE s.stream_key = $1");

int
chat_access(const char *key, const struct caller *who, struct chat_access *out)
{
	struct pg_rows r;
	int rc;

	*out = (struct chat_access){ 0 };
	if ((rc = pg_need(pg_shared(), &r, &read_access, pg_text(key), pg_text(who->user), pg_bool(who->admin))) < 0)
		return rc;
	*out = (struct chat_access){ .status = pg_string(&r, 0, STATUS), .role = pg_string(&r, 0, ROLE),
	    .slow_mode_s = pg_integer(&r, 0, SLOW_MODE_S), .wait_s = pg_integer(&r, 0, BANNED_S) };
	return pg_value(&r, 0, BANNED_S).p != NULL ? E_BANNED : 0;
}

static struct pg_stmt find_banned = PG_STMT("select", "chat_sanctions",
    "SELECT stream_key, user_id"
    " FROM unnest($1::text[], $2::text[]) AS p (k, u) JOIN chat_sanctions ON stream_key = k AND user_id = u"
    " WHERE kind = 'ban' AND until > now()");
enum { BANNED_KEY, BANNED_USER };

int
chat_banned(struct arena *mem, struct chat_person *people, size_t *n)
{
	const char **keys = arena_alloc(mem, (*n + 1) * sizeof(*keys)),
	    **users = arena_alloc(mem, (*n + 1) * sizeof(*users));
	struct pg_rows r;
	size_t i;
	int rc;

	for (i = 0; i < *n; i++) {
		keys[i] = people[i].key;
		users[i] = people[i].user;
	}
	if ((rc = pg_query(pg_shared(), &r, &find_banned, pg_text(pg_texts(mem, keys, *n)),
	    pg_text(pg_texts(mem, users, *n)))) < 0)
		return rc;
	for (i = 0; i < (size_t)r.n; i++)
		people[i] = (struct chat_person){ pg_string(&r, (int)i, BANNED_KEY),
		    pg_string(&r, (int)i, BANNED_USER) };
	*n = (size_t)r.n;
	return 0;
}

static struct pg_stmt read_recent = PG_STMT("select", "chat_messages",
    "SELECT coalesce(json_agg(" CHAT_DOC("m") " ORDER BY m.id), '[]')::text,"
    "   coalesce(json_agg(m.id::text) FILTER (WHERE m.sent_at > now() - interval '1 minute'), '[]')::text"
    " FROM (SELECT * FROM chat_messages WHERE stream_key = $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT $2) m");
enum { RECENT, RECENT_IDS };

int
chat_recent(struct arena *mem, const char *key, struct str *list, const struct json **young)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &read_recent, pg_text(key), pg_int(conf.chat_history))) < 0)
		return rc;
	*list = pg_value(&r, 0, RECENT);
	return json_parse(mem, pg_string(&r, 0, RECENT_IDS), pg_value(&r, 0, RECENT_IDS).n, young);
}

enum { LIST, OLDEST, COUNT, HAS_STREAM, IS_BANNED };	/* columns */
static struct pg_stmt page_history = PG_STMT("select", "chat_messages",
    "SELECT coalesce(json_agg(" CHAT_DOC("m") " ORDER BY m.id DESC), '[]')::text, min(m.id), count(*),"
    "   EXISTS (SELECT FROM streams WHERE stream_key = $1),"
    "   EXISTS (SELECT FROM chat_sanctions WHERE stream_key = $1 AND user_id = $4 AND kind = 'ban' AND until > now())"
    " FROM ("
    "   SELECT * FROM chat_messages"
    "   WHERE stream_key = $1 AND id < $2 AND deleted_at IS NULL"
    "   ORDER BY id DESC LIMIT $3) m");

int
chat_history(struct arena *mem, const char *key, const struct caller *who, int64_t limit, const char *cursor,
    struct str *list, const char **next)
{
	int64_t before = INT64_MAX;
	struct pg_rows r;
	int rc;

	if (cursor != NULL && !parse_int(cursor, 0, INT64_MAX, &before))
		return E_VALIDATION;
	if ((rc = pg_query(pg_shared(), &r, &page_history, pg_text(key), pg_int(before), pg_int(limit),
	    pg_text(who->user))) < 0)
		return rc;
	if (*pg_string(&r, 0, HAS_STREAM) != 't')
		return E_NOT_FOUND;
	if (*pg_string(&r, 0, IS_BANNED) == 't')
		return E_BANNED;
	*list = pg_value(&r, 0, LIST);
	*next = pg_integer(&r, 0, COUNT) < limit ? NULL :
	    arena_printf(mem, "%lld", (long long)pg_integer(&r, 0, OLDEST));
	return 0;
}

static struct pg_stmt read_name = PG_STMT("select", "users",
    "SELECT " CHAT_NAME("q.u") " FROM (SELECT $1::text AS u) q" CHAT_PERSON("q.u"));

int
chat_name(const char *user, const char **name)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &read_name, pg_text(user))) == 0)
		*name = pg_string(&r, 0, 0);
	return rc;
}
