/* stream.c -- creates, changes, starts and ends streams. See stream.h. Yields: all. */
#include "stream.h"

#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "chat.h"
#include "stream_sql.h"
#include "viewers.h"
#include "worker/domain/core/room.h"

enum { KEY_RANDOM_BYTES = 12, KEY_BYTES = 2 * KEY_RANDOM_BYTES + 1 };

const char *
stream_room(struct arena *mem, const char *key)
{
	return arena_printf(mem, "stream:%s", key);
}

/* --- Reading --- */

static struct pg_stmt read_one = PG_STMT("select", "streams",
    "SELECT " STREAM_DOC "::text, " STREAM_PRODUCTS "::text FROM streams s WHERE stream_key = $1");
enum { DOC, PRODUCTS };

int
stream_read(struct arena *mem, const char *key, struct str *json)
{
	struct pg_rows r;
	int64_t viewers;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &read_one, pg_text(key))) < 0)
		return rc;
	if (viewers_count(&key, 1, &viewers) < 0)
		viewers = 0;		/* Redis is away: answer all the same */
	*json = stream_shown(mem, pg_value(&r, 0, DOC), viewers, pg_value(&r, 0, PRODUCTS));
	return 0;
}

struct str
stream_shown(struct arena *mem, struct str doc, int64_t viewers, struct str products)
{
	struct buf b = { 0 };

	buf_add(&b, doc.p, doc.n - 1);		/* without its closing brace */
	buf_printf(&b, ",\"viewers\":%lld", (long long)viewers);
	if (products.p != NULL) {
		buf_str(&b, ",\"products\":");
		buf_add(&b, products.p, products.n);
	}
	buf_byte(&b, '}');
	return buf_to_arena(mem, &b);
}

/* --- Creating and changing --- */

static char *
new_key(struct arena *mem)
{
	unsigned char random[KEY_RANDOM_BYTES];
	char *key = arena_alloc(mem, KEY_BYTES);
	size_t i;

	random_bytes(random, sizeof(random));
	for (i = 0; i < sizeof(random); i++)
		snprintf(key + 2 * i, 3, "%02x", random[i]);
	return key;
}

static struct pg_stmt insert_stream = PG_STMT("insert", "streams",
    "INSERT INTO streams (stream_key, title, description, seller_id, scheduled_at, slow_mode_s, playback_url)"
    " VALUES ($1, $2, $3, $4, $5::timestamptz, greatest($6::int, 0), nullif($7, ''))");

int
stream_create(struct arena *mem, const char *seller, const struct stream_plan *plan, struct str *json)
{
	char *key = new_key(mem);
	int rc;

	if ((rc = pg_query(pg_shared(), NULL, &insert_stream, pg_text(key), pg_text(plan->title),
	    pg_text(plan->description),
	    pg_text(seller), pg_text(plan->scheduled_at), pg_int(plan->slow_mode_s), pg_text(plan->playback_url))) < 0)
		return rc;
	return stream_read(mem, key, json);
}

static struct pg_stmt lock_stream = PG_STMT("select", "streams",
    "SELECT status, coalesce(seller_id = $2, false) FROM streams WHERE stream_key = $1 FOR UPDATE");
enum { STATUS, IS_SELLER };

int
stream_lock(struct pg *pg, const char *key, const struct caller *who, const char **status)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg, &r, &lock_stream, pg_text(key), pg_text(who->user))) < 0)
		return rc;
	*status = pg_string(&r, 0, STATUS);
	return who->admin || *pg_string(&r, 0, IS_SELLER) == 't' ? 0 : E_FORBIDDEN;
}

/* A step on a locked stream: a statement on $1 the key, and the event published for it. */
struct step {
	const char	*from;		/* the status it requires; NULL: any but ended */
	const char	*event;		/* NULL: none */
	struct pg_stmt	 stmt;
};

static struct step starting = { "scheduled", "stream:started", PG_STMT("update", "streams",
    "UPDATE streams SET status = 'live', started_at = now(), updated_at = now()"
    " WHERE stream_key = $1"
    " RETURNING " STREAM_DOC_OF("streams") "::text") };
static struct step ending = { "live", "stream:ended", PG_STMT("update", "streams",
    "UPDATE streams SET status = 'ended', ended_at = now(), updated_at = now()"
    " WHERE stream_key = $1"
    " RETURNING " STREAM_DOC_OF("streams") "::text") };
static struct step changing = { NULL, "stream:updated", PG_STMT("update", "streams",
    "UPDATE streams SET title = coalesce($2, title), description = coalesce($3, description),"
    "   scheduled_at = coalesce($4::timestamptz, scheduled_at),"
    "   slow_mode_s = coalesce(nullif($5::int, -1), slow_mode_s),"
    "   playback_url = nullif(coalesce($6, playback_url), ''), updated_at = now()"
    " WHERE stream_key = $1"
    " RETURNING " STREAM_DOC_OF("streams") "::text") };
static struct step deleting = { "scheduled", NULL, PG_STMT("delete", "streams",
    "DELETE FROM streams WHERE stream_key = $1") };

static int
apply_step(struct pg *pg, struct step *step, const char *key, const struct caller *who, const struct stream_plan *plan,
    struct str *doc)
{
	const char *status;
	struct pg_rows r;
	int rc;

	if ((rc = stream_lock(pg, key, who, &status)) < 0)
		return rc;
	if (step->from != NULL ? strcmp(status, step->from) != 0 : strcmp(status, "ended") == 0)
		return strcmp(status, "ended") == 0 ? E_STREAM_ENDED : E_CONFLICT;
	if (plan != NULL)
		rc = pg_query(pg, &r, &step->stmt, pg_text(key), pg_text(plan->title), pg_text(plan->description),
		    pg_text(plan->scheduled_at), pg_int(plan->slow_mode_s), pg_text(plan->playback_url));
	else
		rc = pg_query(pg, &r, &step->stmt, pg_text(key));
	if (rc == 0 && step->event != NULL)
		*doc = pg_value(&r, 0, 0);
	return rc;
}

static int
run_step(struct arena *mem, struct step *step, const char *key, const struct caller *who,
    const struct stream_plan *plan)
{
	struct str doc = { 0 };
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = apply_step(pg, step, key, who, plan, &doc)) < 0)
		pg_rollback(&pg);
	else
		rc = pg_commit(&pg);
	if (rc == 0 && step->event != NULL) {
		room_publish(stream_room(mem, key), ROOM_STATE, step->event, NULL, doc, false);
		room_publish(chat_room(mem, key), ROOM_STATE, step->event, NULL, doc, false);
	}
	return rc;
}

int
stream_change(struct arena *mem, const char *key, const struct caller *who, const struct stream_plan *plan,
    struct str *json)
{
	int rc = run_step(mem, &changing, key, who, plan);

	if (rc == 0 && plan->slow_mode_s >= 0)
		chat_rules_changed(key);
	return rc < 0 ? rc : stream_read(mem, key, json);
}

int
stream_start(struct arena *mem, const char *key, const struct caller *who, struct str *json)
{
	int rc = run_step(mem, &starting, key, who, NULL);

	return rc < 0 ? rc : stream_read(mem, key, json);
}

int
stream_end(struct arena *mem, const char *key, const struct caller *who, struct str *json)
{
	int rc = run_step(mem, &ending, key, who, NULL);

	return rc < 0 ? rc : stream_read(mem, key, json);
}

int
stream_delete(struct arena *mem, const char *key, const struct caller *who)
{
	return run_step(mem, &deleting, key, who, NULL);
}
