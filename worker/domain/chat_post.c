/* chat_post.c -- messages on their way into the table, a batch at a time, and from there to the room. See chat.h. Yields: chat_post.
 *
 * Who posts waits; one coroutine a batch stores what has gathered, publishes what was stored and wakes who waits, before the
 * next batch begins. What Redis does not take it offers again, so a message may be heard twice, by its id the same. A message whose
 * sender has gone meanwhile is stored and told all the same.
 */
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "chat.h"
#include "chat_sql.h"
#include "room.h"
#include "run/co.h"

enum { BATCH_MS = 30000, WAITING_MAX = 20000, TELL_TRIES = 30, TELL_AGAIN_MS = 100, FLUSH_LOOK_MS = 10 };

/* One message on its way; on the heap. */
struct posting {
	struct posting	*next;
	char		*text;		/* as JSON for the statement, but for its number */
	size_t		 n;
	struct co	*co;		/* who waits; NULL: gone */
	struct outcome {
		int		 rc;
		bool		 done;
		struct str	 doc;	/* in the waiter's arena */
		int64_t		 wait_s;
		struct arena	*mem;
	}		*out;		/* in the waiter's arena; NULL likewise */
};

static struct posting *first, **end = &first;
static int n_waiting;
static bool storing;

/* $1: [{n, k(ey), u(ser), a(dmin), b(ody), c(lient id)}]. For each: status of the stream, sanction in force, its seconds left (0: for
 * ever), the message, whether it is new. Of several with one client id the first is stored. */
enum { N, STATUS, KIND, UNTIL_S, DOC, IS_NEW, STREAM };	/* columns */
static struct pg_stmt store = PG_STMT("insert", "chat_messages",
    "WITH asked AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS x(n int, k text, u text, a boolean, b text, c text)),"
    " judged AS MATERIALIZED (SELECT q.*, s.status, x.kind, x.until, " CHAT_ROLE("q.u", "q.a") " AS role, " CHAT_NAME("q.u") " AS name,"
    "  row_number() OVER (PARTITION BY q.k, q.u, coalesce(q.c, q.n::text) ORDER BY q.n) AS nth,"
    "  CASE WHEN q.c IS NOT NULL THEN (SELECT m.id FROM chat_messages m WHERE m.stream_key = q.k AND m.user_id = q.u"
    "   AND m.client_id = q.c AND m.sent_at > now() - interval '1 day' LIMIT 1) END AS before"
    "  FROM asked q LEFT JOIN streams s ON s.stream_key = q.k"
    "  LEFT JOIN LATERAL (SELECT kind, until FROM chat_sanctions x WHERE x.stream_key = q.k AND x.user_id = q.u AND x.until > now()"
    "   ORDER BY kind LIMIT 1) x ON true" CHAT_PERSON("q.u") "),"
    " made AS MATERIALIZED (SELECT nextval('chat_messages_seq') AS id, j.k AS stream_key, j.u AS user_id, j.name AS user_name, j.role,"
    "  j.b AS body, j.c AS client_id, now() AS sent_at, j.n FROM (SELECT * FROM judged WHERE status <> 'ended' AND kind IS NULL"
    "  AND before IS NULL AND nth = 1 ORDER BY n) j),"
    " stored AS (INSERT INTO chat_messages (id, stream_key, user_id, user_name, role, body, client_id, sent_at)"
    "  SELECT id, stream_key, user_id, user_name, role, body, client_id, sent_at FROM made)"
    " SELECT j.n, j.status, j.kind, CASE WHEN j.until < 'infinity' THEN ceil(extract(epoch FROM j.until - now()))::bigint ELSE 0 END,"
    "  coalesce(CASE WHEN d.id IS NOT NULL THEN " CHAT_DOC("d") " END, (SELECT " CHAT_DOC("m") " FROM chat_messages m"
    "   WHERE m.id = j.before AND m.stream_key = j.k))::text,"
    "  d.id IS NOT NULL AND d.n = j.n, j.k"
    " FROM judged j LEFT JOIN made d ON d.n = j.n OR (j.c IS NOT NULL AND j.kind IS NULL AND d.stream_key = j.k AND d.user_id = j.u AND d.client_id = j.c)"
    " ORDER BY j.n");

const char *
chat_room(struct arena *mem, const char *key)
{
	return arena_printf(mem, "chat:%s", key);
}

/* --- A batch --- */

static void
free_posting(struct posting *p)
{
	free(p->text);
	free(p);
}

static void
answer(struct posting *p, int rc, struct str doc, int64_t wait_s)
{
	if (p->out != NULL) {
		*p->out = (struct outcome){ .rc = rc, .done = true, .wait_s = wait_s, .mem = p->out->mem,
		    .doc = { doc.p != NULL ? arena_copy(p->out->mem, doc.p, doc.n) : NULL, doc.n } };
		co_wake(p->co);
	}
	n_waiting--;
	free_posting(p);
}

static int
verdict(const struct pg_rows *r, int i)
{
	const char *status = pg_string(r, i, STATUS), *kind = pg_string(r, i, KIND);

	if (status == NULL)
		return E_NOT_FOUND;
	if (kind != NULL)
		return strcmp(kind, "ban") == 0 ? E_BANNED : E_MUTED;
	if (pg_value(r, i, DOC).p != NULL)
		return 0;
	return strcmp(status, "ended") == 0 ? E_STREAM_ENDED : E_INTERNAL;
}

/* Stored by this statement, and nobody has heard of it. */
static bool
is_news(const struct pg_rows *r, int i)
{
	return verdict(r, i) == 0 && *pg_string(r, i, IS_NEW) == 't';
}

/* The batch as JSON; *list is what is in it, taken off the queue. */
static struct str
gather(struct arena *mem, struct posting **list)
{
	struct buf b = { 0 };
	struct posting *p = first, **last = NULL;
	int64_t n;

	*list = first;
	buf_byte(&b, '[');
	for (n = 0; p != NULL && n < conf.chat_batch; n++) {
		buf_printf(&b, "%s{\"n\":%lld,", n > 0 ? "," : "", (long long)n);
		buf_add(&b, p->text, p->n);
		buf_byte(&b, '}');
		last = &p->next;
		p = p->next;
	}
	buf_byte(&b, ']');
	if (last != NULL)
		*last = NULL;
	if ((first = p) == NULL)
		end = &first;
	return buf_to_arena(mem, &b);
}

/* Tell one room of its messages from row `i` on; when Redis is away, as soon as it is back. */
static void
tell_room(struct arena *mem, const struct pg_rows *r, int i)
{
	const char *key = pg_string(r, i, STREAM);
	struct str *docs = arena_alloc(mem, (size_t)r->n * sizeof(*docs));
	size_t n = 0;
	int tries = 0;

	for (; i < r->n; i++)
		if (is_news(r, i) && strcmp(pg_string(r, i, STREAM), key) == 0)
			docs[n++] = pg_value(r, i, DOC);
	while (room_publish_all(chat_room(mem, key), ROOM_CARD, "chat:message", docs, n) < 0 && ++tries < TELL_TRIES && co_sleep(TELL_AGAIN_MS) == 0)
		;
}

static void
tell(struct arena *mem, const struct pg_rows *r)
{
	int i, k;

	for (i = 0; i < r->n; i++) {
		for (k = 0; k < i && !(is_news(r, k) &&
		    strcmp(pg_string(r, k, STREAM), pg_string(r, i, STREAM)) == 0); k++)
			;
		if (is_news(r, i) && k == i)	/* the first of its room */
			tell_room(mem, r, i);
	}
}

static void
store_batch(void *arg)
{
	struct posting *list, *p;
	struct str batch = gather(co_arena(), &list);
	struct pg_rows r;
	int i, rc = pg_query(pg_shared(), &r, &store, pg_text(batch.p));

	(void)arg;
	if (rc == 0)
		tell(co_arena(), &r);
	for (i = 0; (p = list) != NULL; i++) {
		list = p->next;
		if (rc < 0 || i >= r.n)
			answer(p, rc < 0 ? rc : E_INTERNAL, (struct str){ 0 }, 0);
		else
			answer(p, verdict(&r, i), pg_value(&r, i, DOC), pg_integer(&r, i, UNTIL_S));
	}
	storing = false;
	if (first != NULL) {
		storing = true;
		co_spawn(store_batch, NULL, BATCH_MS);
	}
}

/* --- Who posts --- */

static void
forget_waiter(void *arg)
{
	struct posting *p = *(struct posting **)arg;

	if (p != NULL) {
		p->out = NULL;
		p->co = NULL;
	}
}

static struct posting *
new_posting(const struct chat_post *m)
{
	struct posting *p = calloc(1, sizeof(*p));
	struct buf b = { 0 };

	if (p == NULL)
		abort();
	json_put_fields(&b, (struct json_field[]){ JS("k", m->key), JS("u", m->who.user), JB("a", m->who.admin), JN("b", m->body),
	    JS("c", m->client_id) }, 5);
	if ((p->text = malloc(b.n + 1)) == NULL)
		abort();
	memcpy(p->text, b.p, b.n);
	p->n = b.n;
	buf_fini(&b);
	return p;
}

int
chat_post(struct arena *mem, const struct chat_post *m, struct str *doc, int64_t *wait_s)
{
	struct posting **mine = arena_alloc(mem, sizeof(*mine)), *p;
	struct outcome *out = arena_zalloc(mem, sizeof(*out));
	int rc = 0;

	*wait_s = 0;
	if (n_waiting >= WAITING_MAX)
		return E_BUSY;
	*mine = p = new_posting(m);
	out->mem = mem;
	p->out = out;
	p->co = co_self();
	n_waiting++;
	*end = p;
	end = &p->next;
	co_defer(forget_waiter, mine);
	if (!storing) {
		storing = true;
		co_spawn(store_batch, NULL, BATCH_MS);
	}
	while (!out->done && rc == 0)
		rc = co_park(-1);
	if (!out->done) {		/* it may be stored yet */
		p->out = NULL;
		p->co = NULL;
	}
	*mine = NULL;
	if (!out->done)
		return rc;
	*doc = out->doc;
	*wait_s = out->wait_s;
	return out->rc;
}

void
chat_flush(void)
{
	while (storing && co_sleep(FLUSH_LOOK_MS) == 0)
		;
}
