/* activity.c -- see activity.h. Yields: the writer, activity_flush. */
#include "activity.h"

#include "base/digest.h"
#include "base/json.h"
#include "link/pg.h"
#include "worker/domain/core/group_commit.h"

enum { BATCH_MAX = 1000, QUEUE_MAX = 10000, WRITE_LIMIT_MS = 15000, RETRY_MS = 1000, REFUSED_MS = 30000, SLOTS = 8192 };

/* Tokens of accounts that are not here name nobody. In the order of the users, so that two processes cannot wait for
 * each other. */
static struct pg_stmt write_activity = PG_STMT("insert", "user_activity",
    "INSERT INTO user_activity AS a (user_id, day, last_at)"
    " SELECT u.id, (n.at AT TIME ZONE 'UTC')::date, max(n.at)"
    " FROM jsonb_to_recordset($1::jsonb) AS n(user_id text, at timestamptz) JOIN users u ON u.id = n.user_id"
    " GROUP BY 1, 2 ORDER BY 1, 2"
    " ON CONFLICT (day, user_id) DO UPDATE SET"
    "   sessions = a.sessions + CASE WHEN EXCLUDED.last_at > a.last_at + interval '30 minutes' THEN 1 ELSE 0 END,"
    "   seconds = a.seconds + CASE WHEN EXCLUDED.last_at > a.last_at + interval '30 minutes' THEN 0"
    "     ELSE greatest(extract(epoch FROM EXCLUDED.last_at - a.last_at), 0) END::int,"
    "   last_at = greatest(a.last_at, EXCLUDED.last_at)");

static int
write_queued(struct group_entry *const *batch, size_t n)
{
	return pg_query(pg_shared(), NULL, &write_activity, pg_text(group_records_json(co_arena(), batch, n)));
}

static struct group_commit queue = {
	.write = write_queued, .deferred = true, .batch_max = BATCH_MAX, .writers_max = 1, .limit_ms = WRITE_LIMIT_MS,
	.retry_ms = RETRY_MS, .refused_ms = REFUSED_MS,
};

/* Who was noted when, by hash; two users that share a slot are noted more often. */
static struct { uint64_t user; int64_t at_ms; } noted[SLOTS];

void
activity_note(const char *user)
{
	uint64_t hash = hash_keyed(user, strlen(user));
	int64_t now = mono_ms();
	struct buf b = { 0 };
	struct json_field f[] = { JS("user_id", user), JT("at", now_ms()) };

	if (noted[hash % SLOTS].user == hash && now - noted[hash % SLOTS].at_ms < ACTIVITY_EVERY_MS)
		return;
	json_put_obj(&b, f, NELEM(f));
	if (group_commit_add_record(&queue, QUEUE_MAX, b.p, b.n)) {
		noted[hash % SLOTS].user = hash;
		noted[hash % SLOTS].at_ms = now;
	}
	buf_fini(&b);
}

void
activity_flush(void)
{
	if (pg_up())
		(void)group_commit_flush(&queue);
}
