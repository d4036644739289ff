/* classification.c -- see classification.h. Yields: all. */
#include "classification.h"

#include "base/conf.h"
#include "link/pg.h"
#include "link/redis.h"
#include "video_external.h"

static struct pg_stmt find_due = PG_STMT("select", "videos",
    "SELECT video_id, title, channel_title, left(description, 500) FROM videos v"
    " WHERE hidden_at IS NULL AND (source <> '" SOURCE_YOUTUBE "' OR $4::boolean)"
    "   AND NOT EXISTS (SELECT FROM video_classifications c WHERE c.video_id = v.video_id AND c.model = $1"
    "     AND c.prompt_version = $2)"
    "   AND NOT EXISTS (SELECT FROM classification_batches b WHERE b.outcome IS NULL AND v.video_id = ANY "
    "(b.video_ids))"
    " ORDER BY published_at DESC, video_id LIMIT $3");
enum { DUE_ID, DUE_TITLE, DUE_CHANNEL, DUE_DESCRIPTION };

int
classification_due(struct arena *mem, const char *model, const char *version, int64_t limit, struct unclassified **v,
    size_t *n)
{
	struct pg_rows r;
	int i, rc;

	*n = 0;
	rc = pg_query(pg_shared(), &r, &find_due, pg_text(model), pg_text(version), pg_int(limit),
	    pg_bool(conf.youtube_derive));
	if (rc < 0)
		return rc;
	*v = arena_alloc(mem, (size_t)(r.n + 1) * sizeof(**v));
	for (i = 0; i < r.n; i++)
		(*v)[i] = (struct unclassified){ .id = pg_string(&r, i, DUE_ID), .title = pg_string(&r, i, DUE_TITLE),
		    .channel = pg_string(&r, i, DUE_CHANNEL), .description = pg_string(&r, i, DUE_DESCRIPTION) };
	*n = (size_t)r.n;
	return 0;
}

/* A video that was deleted meanwhile is none. */
static struct pg_stmt store_answer = PG_STMT("insert", "video_classifications",
    "WITH made AS ("
    "  INSERT INTO video_classifications AS c (video_id, model, prompt_version, confidence, labels)"
    "  SELECT video_id, $2, $3, $4::float8, $5::jsonb FROM videos WHERE video_id = $1"
    "  ON CONFLICT (video_id, model, prompt_version) DO UPDATE SET at = now(), confidence = excluded.confidence,"
    "    labels = excluded.labels RETURNING video_id)"
    " UPDATE videos v SET emotions = $5::jsonb FROM made m WHERE v.video_id = m.video_id AND $4::float8 IS NOT NULL");

int
classification_store(struct arena *mem, const char *video, const char *model, const char *version,
    const struct classification *c)
{
	struct json_field f[EMOTIONS];
	size_t i, n = 0;
	int rc;

	for (i = 0; i < EMOTIONS && c->valid; i++)
		if (c->emotions[i] > 0)
			f[n++] = JD(emotion_name(i), c->emotions[i]);
	rc = pg_query(pg_shared(), NULL, &store_answer, pg_text(video), pg_text(model), pg_text(version),
	    c->valid ? pg_num(c->confidence) : pg_text(NULL), pg_text(json_obj_n(mem, f, n).p));
	if (rc == 0)
		redis_send("DEL video:%s", video);
	return rc;
}

static struct pg_stmt begin_batch = PG_STMT("insert", "classification_batches",
    "INSERT INTO classification_batches (tag, model, prompt_version, video_ids, reserved)"
    " VALUES ($1, $2, $3, $4::text[], $5::bigint)");
static struct pg_stmt name_batch = PG_STMT("update", "classification_batches",
    "UPDATE classification_batches SET batch_id = $2 WHERE tag = $1 AND batch_id IS NULL");
static struct pg_stmt end_batch = PG_STMT("update", "classification_batches",
    "UPDATE classification_batches SET outcome = $2, used = $3::bigint, ended_at = now() WHERE tag = $1");
static struct pg_stmt open_batches = PG_STMT("select", "classification_batches",
    "SELECT tag, batch_id, model, prompt_version, to_jsonb(video_ids)::text, reserved,"
    "   (extract(epoch FROM created_at) * 1000)::bigint, (extract(epoch FROM now() - created_at) * 1000)::bigint"
    " FROM classification_batches WHERE outcome IS NULL ORDER BY created_at");
enum { TAG, BATCH, MODEL, VERSION, VIDEOS, RESERVED, CREATED, AGE };
static struct pg_stmt find_batch = PG_STMT("select", "classification_batches",
    "SELECT FROM classification_batches WHERE batch_id = $1");

int
classification_batch_begin(struct arena *mem, const struct classification_batch *b)
{
	return pg_query(pg_shared(), NULL, &begin_batch, pg_text(b->tag), pg_text(b->model), pg_text(b->version),
	    pg_text(pg_texts(mem, b->videos, b->n)), pg_int(b->reserved));
}

int
classification_batch_created(const char *tag, const char *batch)
{
	return pg_query(pg_shared(), NULL, &name_batch, pg_text(tag), pg_text(batch));
}

int
classification_batch_end(const char *tag, const char *outcome, int64_t used)
{
	return pg_query(pg_shared(), NULL, &end_batch, pg_text(tag), pg_text(outcome), pg_int(used));
}

static int
read_batch(struct arena *mem, const struct pg_rows *r, int i, struct classification_batch *b)
{
	struct str ids = pg_value(r, i, VIDEOS);
	const struct json *list, *id;
	int rc;

	if ((rc = json_parse(mem, ids.p, ids.n, &list)) < 0)
		return rc;
	*b = (struct classification_batch){ .tag = pg_string(r, i, TAG), .batch = pg_string(r, i, BATCH),
	    .model = pg_string(r, i, MODEL), .version = pg_string(r, i, VERSION),
	    .videos = arena_alloc(mem, (json_count(list) + 1) * sizeof(*b->videos)),
	    .reserved = pg_integer(r, i, RESERVED), .created_ms = pg_integer(r, i, CREATED),
	    .age_ms = pg_integer(r, i, AGE) };
	for (id = json_first(list); id != NULL; id = json_next(id))
		b->videos[b->n++] = json_str(id);
	return 0;
}

int
classification_batches(struct arena *mem, struct classification_batch **v, size_t *n)
{
	struct pg_rows r;
	int i, rc;

	*n = 0;
	if ((rc = pg_query(pg_shared(), &r, &open_batches)) < 0)
		return rc;
	*v = arena_alloc(mem, (size_t)(r.n + 1) * sizeof(**v));
	for (i = 0; i < r.n && rc == 0; i++)
		if ((rc = read_batch(mem, &r, i, &(*v)[i])) == 0)
			(*n)++;
	return rc;
}

int
classification_batch_known(const char *batch, bool *known)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &find_batch, pg_text(batch));

	*known = rc == 0 && r.n > 0;
	return rc;
}
