/* offsets.c -- the rows of kafka_offsets, and dead letters of consumed messages. See offsets.h. */
#include "offsets.h"

#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "topics_in.h"
#include "worker/domain/core/dead_letter.h"
#include "worker/domain/core/outbox.h"

enum { PLACES_MAX = 256, NOWHERE = -1 };

/* The offsets last read from or written to the table, by topic and partition. Topic names are those of kafka_topics[],
 * which outlive the messages. */
static struct { const char *topic; int32_t partition; int64_t next; } places[PLACES_MAX];
static int n_places;

static const char *
topic_name(const char *name)
{
	const struct kafka_topic *t;

	for (t = kafka_topics; t->name != NULL; t++)
		if (strcmp(t->name, name) == 0)
			return t->name;
	bug("a topic that is none of ours");
}

static int64_t *
place_of(const char *topic, int32_t partition)
{
	int i;

	for (i = 0; i < n_places; i++)
		if (places[i].partition == partition && strcmp(places[i].topic, topic) == 0)
			return &places[i].next;
	if (n_places == PLACES_MAX)
		bug("more partitions than places");
	places[n_places].topic = topic_name(topic);
	places[n_places].partition = partition;
	places[n_places].next = NOWHERE;
	return &places[n_places++].next;
}

static struct pg_stmt find_offsets = PG_STMT("select", "kafka_offsets",
    "SELECT topic, partition, next_offset FROM kafka_offsets WHERE cluster = $1 AND partition >= 0");
enum { TOPIC, PARTITION, NEXT_OFFSET };

int
offsets_load(struct kafka_place *v, size_t n)
{
	const char *cluster;
	struct pg_rows r;
	size_t i;
	int rc, row;

	if ((rc = kafka_cluster(co_arena(), &cluster)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &find_offsets, pg_text(cluster))) < 0)
		return rc;
	for (i = 0; i < n; i++) {
		int64_t *place = place_of(v[i].topic, v[i].partition);

		*place = NOWHERE;
		for (row = 0; row < r.n; row++)
			if (pg_integer(&r, row, PARTITION) == v[i].partition &&
			    strcmp(pg_string(&r, row, TOPIC), v[i].topic) == 0)
				*place = pg_integer(&r, row, NEXT_OFFSET);
		v[i].offset = *place == NOWHERE ? KAFKA_FROM_START : *place;
	}
	return 0;
}

/* Moves rows from `old`; inserts a row for a partition without one (old -1). Changes nothing else. */
static struct pg_stmt move_offsets = PG_STMT("update", "kafka_offsets",
    "WITH step AS ("
    "  SELECT * FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) AS s (topic, partition, old, new)),"
    " moved AS ("
    "  UPDATE kafka_offsets k SET next_offset = s.new, updated_at = now()"
    "  FROM step s"
    "  WHERE k.cluster = $1 AND k.topic = s.topic AND k.partition = s.partition AND k.next_offset = s.old"
    "  RETURNING 1),"
    " begun AS ("
    "  INSERT INTO kafka_offsets (cluster, topic, partition, next_offset)"
    "  SELECT $1, topic, partition, new FROM step WHERE old = -1"
    "  ON CONFLICT DO NOTHING RETURNING 1)"
    " SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM begun)");

/* The last message of each partition in the batch; returns how many. */
static size_t
find_last(const struct kafka_message *m, size_t n, const struct kafka_message *last[PLACES_MAX])
{
	size_t i, k, count = 0;

	for (i = n; i-- > 0;) {
		for (k = 0; k < count && (last[k]->partition != m[i].partition ||
		    strcmp(last[k]->topic, m[i].topic) != 0); k++)
			;
		if (k < count)
			continue;
		if (count == PLACES_MAX)
			bug("more partitions than places");
		last[count++] = &m[i];
	}
	return count;
}

int
offsets_move(struct pg *pg, const struct kafka_message *m, size_t n)
{
	struct buf text[4] = { { 0 } };	/* the four arrays: topic, partition, old, new */
	const struct kafka_message *last[PLACES_MAX];
	struct pg_arg args[6];
	const char *cluster;
	struct pg_rows r;
	size_t i, parts;
	int rc;

	if ((rc = kafka_cluster(co_arena(), &cluster)) < 0)
		return rc;
	parts = find_last(m, n, last);
	for (i = 0; i < parts; i++) {
		const char *sep = i > 0 ? "," : "{";

		buf_printf(&text[0], "%s%s", sep, last[i]->topic);
		buf_printf(&text[1], "%s%d", sep, last[i]->partition);
		buf_printf(&text[2], "%s%lld", sep, (long long)*place_of(last[i]->topic, last[i]->partition));
		buf_printf(&text[3], "%s%lld", sep, (long long)last[i]->offset + 1);
	}
	args[1] = pg_text(cluster);
	for (i = 0; i < 4; i++) {
		buf_add(&text[i], "}", 2);
		args[i + 2] = pg_text(arena_strdup(co_arena(), text[i].p));
		buf_fini(&text[i]);
	}
	if ((rc = pg_query_n(pg, &r, &move_offsets, args, NELEM(args))) < 0)
		return rc;
	return pg_integer(&r, 0, 0) == (int64_t)parts ? 0 : E_CONFLICT;
}

void
offsets_moved(const struct kafka_message *m, size_t n)
{
	const struct kafka_message *last[PLACES_MAX];
	struct kafka_place places_now[PLACES_MAX];
	size_t i, parts = find_last(m, n, last);

	for (i = 0; i < parts; i++) {
		places_now[i] = (struct kafka_place){ last[i]->topic, last[i]->partition, last[i]->offset + 1 };
		*place_of(last[i]->topic, last[i]->partition) = last[i]->offset + 1;
	}
	kafka_commit(places_now, parts);	/* for tools that read the group's lag */
}

/* Partition -1 of the topic '' marks a known cluster; clusters not seen for long are deleted. */
static struct pg_stmt meet_cluster = PG_STMT("insert", "kafka_offsets",
    "WITH old AS ("
    "  DELETE FROM kafka_offsets"
    "  WHERE cluster LIKE 'embedded-%' AND cluster <> $1 AND updated_at < now() - interval '1 day')"
    " INSERT INTO kafka_offsets (cluster, topic, partition, next_offset)"
    " VALUES ($1, '', -1, 0)"
    " ON CONFLICT DO NOTHING");

int
offsets_meet_cluster(bool *fresh)
{
	const char *cluster;
	struct pg_rows r;
	int rc;

	if ((rc = kafka_cluster(co_arena(), &cluster)) < 0 || (rc = pg_query(pg_shared(), &r, &meet_cluster,
	    pg_text(cluster))) < 0)
		return rc;
	*fresh = r.affected > 0;
	return 0;
}

/* The distance from the stored offset, or else from the first message, to the end. -1: unknown. */
static int64_t
partition_lag(const struct kafka_extent *e, const struct pg_rows *r)
{
	int64_t at = e->begin;
	int i;

	if (e->begin < 0 || e->end < 0)
		return -1;
	for (i = 0; i < r->n; i++)
		if (pg_integer(r, i, PARTITION) == e->partition && strcmp(pg_string(r, i, TOPIC), e->topic) == 0 &&
		    pg_integer(r, i, NEXT_OFFSET) > at)
			at = pg_integer(r, i, NEXT_OFFSET);
	return e->end > at ? e->end - at : 0;
}

int
offsets_lag(const struct kafka_held *topics, size_t n, int64_t *lag)
{
	struct kafka_extent *v = arena_alloc(co_arena(), PLACES_MAX * sizeof(*v));
	const char *read[16], *cluster;
	size_t n_read = topics_in_names(read), i, k, at = 0;
	struct pg_rows r;
	int rc, p;

	for (i = 0; i < n; i++) {
		lag[i] = -1;
		for (k = 0; k < n_read && strcmp(read[k], topics[i].name) != 0; k++)
			;
		for (p = 0; k < n_read && p < topics[i].partitions && at < PLACES_MAX; p++)
			v[at++] = (struct kafka_extent){ .topic = topics[i].name, .partition = p, .begin = -1,
			    .end = -1 };
	}
	if ((rc = kafka_cluster(co_arena(), &cluster)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &find_offsets, pg_text(cluster))) < 0 || (rc = kafka_extents(v, at)) < 0)
		return rc;
	for (i = 0, k = 0; i < n; i++) {
		for (; k < at && v[k].topic == topics[i].name; k++) {
			int64_t b = partition_lag(&v[k], &r);

			if (v[k].partition == 0)
				lag[i] = 0;
			lag[i] = b < 0 || lag[i] < 0 ? -1 : lag[i] + b;
		}
	}
	return 0;
}

static struct pg_stmt last_move = PG_STMT("select", "kafka_offsets",
    "SELECT (extract(epoch FROM max(updated_at)) * 1000)::bigint FROM kafka_offsets WHERE partition >= 0");

int
offsets_last_move(int64_t *ms)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &last_move)) == 0)
		*ms = pg_integer(&r, 0, 0);
	return rc;
}

int
offsets_dead_letter(struct pg *pg, struct arena *mem, const struct kafka_message *m, const char *reason)
{
	const char *key = m->key.p != NULL && utf8_valid(m->key.p, m->key.n) &&
	    memchr(m->key.p, '\0', m->key.n) == NULL ? arena_copy(mem, m->key.p, m->key.n) : NULL;
	struct dead_letter d = {
		.topic = m->topic, .partition = m->partition, .offset = m->offset, .key = key, .value = m->value,
		.message_id = m->message_id, .type = m->type, .traceparent = m->traceparent, .reason = reason,
	};
	struct outbox_message notice = dead_letter_notice(mem, &d);
	int rc;

	log_warn("dead letter", JS("topic", m->topic), JI("partition", m->partition), JI("offset", m->offset),
	    JS("reason", reason));
	rc = dead_letter_add(pg, mem, &d);
	return rc < 0 ? rc : outbox_add(pg, &notice);
}
