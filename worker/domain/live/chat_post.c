/* chat_post.c -- stores messages in batches (group_commit.h) and publishes them to their rooms. See chat.h. Yields:
 * chat_post.
 *
 * A batch is stored, published and answered before the next begins. A publication that Redis did not confirm is
 * repeated under the same name, so that clients get each message once. A message is stored and published even if its
 * sender has left meanwhile.
 */
#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "chat.h"
#include "chat_sql.h"
#include "run/co.h"
#include "worker/domain/core/group_commit.h"
#include "worker/domain/core/room.h"

enum { BATCH_MS = 30000, WAITING_MAX = 20000, PUBLISH_TRIES = 30, PUBLISH_AGAIN_MS = 100, POSTING_BYTES = 1024 };

/* A message in the queue. */
struct posting {
	struct group_entry	 entry;
	struct str		 text;		/* its JSON for the statement, without the number */
	struct str		 doc;		/* once settled, in the entry's arena */
	int64_t			 wait_s;
};

static struct group_commit postings;

/* $1: [{n, k(ey), u(ser), a(dmin), b(ody), c(lient id)}]. One row for each: number, status of the stream, sanction in
 * force, its remaining seconds (0: for ever), the message, whether it is new, stream. Of several with one client id
 * the first is stored. */
static struct pg_stmt store_messages = PG_STMT("insert", "chat_messages",
    "WITH asked AS MATERIALIZED ("
    "  SELECT * FROM json_to_recordset($1::json) AS x(n int, k text, u text, a boolean, b text, c text)),"
    " judged AS MATERIALIZED ("
    "  SELECT q.*, s.status, x.kind, x.until, " CHAT_ROLE("q.u", "q.a") " AS role, " CHAT_NAME("q.u") " AS name,"
    "    row_number() OVER (PARTITION BY q.k, q.u, coalesce(q.c, q.n::text) ORDER BY q.n) AS nth,"
    "    CASE WHEN q.c IS NOT NULL THEN ("
    "      SELECT m.id FROM chat_messages m"
    "      WHERE m.stream_key = q.k AND m.user_id = q.u AND m.client_id = q.c"
    "        AND m.sent_at > now() - interval '1 day'"
    "      LIMIT 1) END AS before"
    "  FROM asked q LEFT JOIN streams s ON s.stream_key = q.k"
    "    LEFT JOIN LATERAL ("
    "      SELECT kind, until FROM chat_sanctions x"
    "      WHERE x.stream_key = q.k AND x.user_id = q.u AND x.until > now()"
    "      ORDER BY kind LIMIT 1) x ON true" CHAT_PERSON("q.u") "),"
    " made AS MATERIALIZED ("
    "  SELECT nextval('chat_messages_seq') AS id, j.k AS stream_key, j.u AS user_id, j.name AS user_name, j.role,"
    "    j.b AS body, j.c AS client_id, now() AS sent_at, j.n"
    "  FROM ("
    "    SELECT * FROM judged WHERE status <> 'ended' AND kind IS NULL AND before IS NULL AND nth = 1 ORDER BY n) j),"
    " stored AS ("
    "  INSERT INTO chat_messages (id, stream_key, user_id, user_name, role, body, client_id, sent_at)"
    "  SELECT id, stream_key, user_id, user_name, role, body, client_id, sent_at"
    "  FROM made)"
    " SELECT j.n, j.status, j.kind,"
    "   CASE WHEN j.until < 'infinity' THEN ceil(extract(epoch FROM j.until - now()))::bigint ELSE 0 END,"
    "   coalesce(CASE WHEN d.id IS NOT NULL THEN " CHAT_DOC("d") " END,"
    "     (SELECT " CHAT_DOC("m") " FROM chat_messages m WHERE m.id = j.before AND m.stream_key = j.k))::text,"
    "   d.id IS NOT NULL AND d.n = j.n, j.k"
    " FROM judged j"
    "   LEFT JOIN made d"
    "     ON d.n = j.n"
    "       OR (j.c IS NOT NULL AND j.kind IS NULL AND d.stream_key = j.k AND d.user_id = j.u AND d.client_id = j.c)"
    " ORDER BY j.n");
enum { NUMBER, STATUS, SANCTION, SANCTION_S, MESSAGE, IS_NEW, STREAM };

const char *
chat_room(struct arena *mem, const char *key)
{
	return arena_printf(mem, "chat:%s", key);
}

/* --- A batch --- */

static void
settle_posting(struct posting *p, int rc, struct str doc, int64_t wait_s)
{
	if (doc.p != NULL)
		p->doc = (struct str){ arena_copy(&p->entry.mem, doc.p, doc.n), doc.n };
	p->wait_s = wait_s;
	group_settle(&postings, &p->entry, rc);
}

static int
posting_verdict(const struct pg_rows *r, int i)
{
	const char *status = pg_string(r, i, STATUS), *kind = pg_string(r, i, SANCTION);

	if (status == NULL)
		return E_NOT_FOUND;
	if (kind != NULL)
		return strcmp(kind, "ban") == 0 ? E_BANNED : E_MUTED;
	if (pg_value(r, i, MESSAGE).p != NULL)
		return 0;
	return strcmp(status, "ended") == 0 ? E_STREAM_ENDED : E_INTERNAL;
}

/* Stored by this statement, hence not published yet. */
static bool
is_newly_stored(const struct pg_rows *r, int i)
{
	return posting_verdict(r, i) == 0 && *pg_string(r, i, IS_NEW) == 't';
}

static struct str
batch_json(struct arena *mem, struct group_entry *const *batch, size_t n)
{
	struct buf b = { 0 };
	size_t i;

	buf_byte(&b, '[');
	for (i = 0; i < n; i++) {
		const struct posting *p = (const struct posting *)batch[i];

		buf_printf(&b, "%s{\"n\":%zu,", i > 0 ? "," : "", i);
		buf_add(&b, p->text.p, p->text.n);
		buf_byte(&b, '}');
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

/* Publishes one room's messages from row `i` on; retries while Redis is away. */
static void
publish_to_room(struct arena *mem, const struct pg_rows *r, int i)
{
	const char *key = pg_string(r, i, STREAM), *room = chat_room(mem, key);
	int64_t number = room_batch_number();
	struct str *docs = arena_alloc(mem, (size_t)r->n * sizeof(*docs));
	size_t n = 0;
	int tries = 0;

	for (; i < r->n; i++)
		if (is_newly_stored(r, i) && strcmp(pg_string(r, i, STREAM), key) == 0)
			docs[n++] = pg_value(r, i, MESSAGE);
	while (room_publish_all(room, ROOM_CARD, "chat:message", docs, n, number) < 0 && ++tries < PUBLISH_TRIES &&
	    co_sleep(PUBLISH_AGAIN_MS) == 0)
		;
}

static void
publish_batch(struct arena *mem, const struct pg_rows *r)
{
	int i, k;

	for (i = 0; i < r->n; i++) {
		for (k = 0; k < i && !(is_newly_stored(r, k) && strcmp(pg_string(r, k, STREAM),
		    pg_string(r, i, STREAM)) == 0);
		    k++)
			;
		if (is_newly_stored(r, i) && k == i)	/* its room's first message in the batch */
			publish_to_room(mem, r, i);
	}
}

static int
write_postings(struct group_entry *const *batch, size_t n)
{
	struct pg_rows r;
	size_t i;
	int rc = pg_query(pg_shared(), &r, &store_messages, pg_text(batch_json(co_arena(), batch, n).p));

	if (rc < 0)
		return rc;
	publish_batch(co_arena(), &r);
	for (i = 0; i < n; i++) {
		struct posting *p = (struct posting *)batch[i];

		if ((int)i < r.n)
			settle_posting(p, posting_verdict(&r, (int)i), pg_value(&r, (int)i, MESSAGE),
			    pg_integer(&r, (int)i, SANCTION_S));
		else
			settle_posting(p, E_INTERNAL, (struct str){ 0 }, 0);
	}
	return GROUP_SETTLED;
}
static struct group_commit postings = { .write = write_postings, .writers_max = 1, .limit_ms = BATCH_MS };

/* --- Posting --- */

static struct posting *
make_posting(const struct chat_post *m)
{
	struct posting *p = group_entry_new(sizeof(*p), POSTING_BYTES);
	struct buf b = { 0 };

	json_put_fields(&b, (struct json_field[]){ JS("k", m->key), JS("u", m->who.user), JB("a", m->who.admin),
	    JN("b", m->body), JS("c", m->client_id) }, 5);
	p->text = buf_to_arena(&p->entry.mem, &b);
	return p;
}

int
chat_post(struct arena *mem, const struct chat_post *m, struct str *doc, int64_t *wait_s)
{
	struct posting *p;
	int rc;

	*wait_s = 0;
	if (postings.n >= WAITING_MAX)
		return E_BUSY;
	postings.batch_max = (size_t)conf.chat_batch;
	p = make_posting(m);
	if ((rc = group_commit_wait(&postings, &p->entry)) < 0)
		return rc;
	rc = p->entry.rc;
	*doc = (struct str){ p->doc.p == NULL ? NULL : arena_copy(mem, p->doc.p, p->doc.n), p->doc.n };
	*wait_s = p->wait_s;
	group_entry_free(&p->entry);
	return rc;
}

void
chat_flush(void)
{
	(void)group_commit_flush(&postings);
}
