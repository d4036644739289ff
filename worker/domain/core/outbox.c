/* outbox.c -- the transactional outbox: rows added by domain code, drained by the bridge. See outbox.h. */
#include "outbox.h"

#include "link/redis.h"
#include "run/co.h"

static struct pg_stmt add_row = PG_STMT("insert", "kafka_outbox",
    "INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)");

int
outbox_shard(const char *key)
{
	return (int)(hash_bytes(key, strlen(key)) % OUTBOX_SHARDS);
}

int
outbox_add(struct pg *pg, const struct outbox_message *m)
{
	return pg_query(pg, NULL, &add_row, pg_int(outbox_shard(m->key)), pg_text(m->topic), pg_text(m->key),
	    pg_text(m->message_id), pg_text(m->type), pg_text(m->traceparent), pg_text(m->payload.p));
}

void
outbox_announce(void)
{
	redis_send("PUBLISH outbox:ready 1");
}

enum { ID, TOPIC, KEY, MESSAGE_ID, TYPE, TRACEPARENT, PAYLOAD, CREATED_MS };	/* columns */
static struct pg_stmt read_rows = PG_STMT("select", "kafka_outbox",
    "SELECT id, topic, key, message_id, type, traceparent, payload, (extract(epoch FROM created_at) * 1000)::bigint"
    " FROM kafka_outbox"
    " WHERE $1::int & (1 << shard) <> 0 AND topic <> ALL ($3::text[])"
    " ORDER BY id LIMIT $2");

int
outbox_read(struct pg *pg, unsigned shards, const char *const *but, size_t n_but, int max, struct outbox_row **rows,
    int *n)
{
	struct pg_rows r;
	int rc, i;

	*n = 0;
	if ((rc = pg_query(pg, &r, &read_rows, pg_int((int64_t)shards), pg_int(max),
	    pg_text(pg_texts(co_arena(), but, n_but)))) < 0)
		return rc;
	*rows = arena_zalloc(co_arena(), (size_t)(r.n + 1) * sizeof(**rows));
	for (i = 0; i < r.n; i++) {
		struct outbox_row *o = &(*rows)[i];

		o->id = pg_integer(&r, i, ID);
		o->m.topic = pg_string(&r, i, TOPIC);
		o->m.key = pg_string(&r, i, KEY);
		o->m.message_id = pg_string(&r, i, MESSAGE_ID);
		o->m.type = pg_string(&r, i, TYPE);
		o->m.traceparent = pg_string(&r, i, TRACEPARENT);
		o->m.payload = pg_value(&r, i, PAYLOAD);
		o->created_ms = pg_integer(&r, i, CREATED_MS);
	}
	*n = r.n;
	return 0;
}

static struct pg_stmt delete_rows = PG_STMT("delete", "kafka_outbox",
    "DELETE FROM kafka_outbox WHERE id = ANY ($1::bigint[])");

int
outbox_delete(struct pg *pg, const int64_t *ids, int n)
{
	if (n == 0)
		return 0;
	return pg_query(pg, NULL, &delete_rows, pg_text(pg_bigints(co_arena(), ids, (size_t)n)));
}

static struct pg_stmt measure_depth = PG_STMT("select", "kafka_outbox",
    "SELECT count(*), coalesce((extract(epoch FROM now() - min(created_at)) * 1000)::bigint, 0) FROM kafka_outbox");
enum { DEPTH, AGE_MS };

int
outbox_depth(struct pg *pg, int64_t *rows, int64_t *age_ms)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &measure_depth)) < 0)
		return rc;
	*rows = pg_integer(&r, 0, DEPTH);
	*age_ms = pg_integer(&r, 0, AGE_MS);
	return 0;
}
