/* dead_letter.c -- stores, lists, retries and drops dead letters. See dead_letter.h. */
#include "dead_letter.h"

#include <string.h>

#include "base/err.h"
#include "run/co.h"

enum { BATCH = 200, CHARACTER_BYTES = 4 };

static struct pg_stmt insert_letter = PG_STMT("insert", "dead_letters",
    "INSERT INTO dead_letters (topic, partition, \"offset\", key, value, message_id, type, traceparent, reason,"
    "   attempts)"
    " VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, $8, $9,"
    "   1 + coalesce((SELECT attempts FROM dead_letter_retries WHERE message_id = $6::text), 0))");

static const char *
hex_of(struct arena *mem, struct str s)
{
	char *out = arena_alloc(mem, 2 * s.n + 1);
	size_t i;

	for (i = 0; i < s.n; i++) {
		out[2 * i] = "0123456789abcdef"[(unsigned char)s.p[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[s.p[i] & 15];
	}
	out[2 * s.n] = '\0';
	return out;
}

static int
digit_of(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static struct str
bytes_of(struct arena *mem, struct str hex)
{
	char *out = arena_alloc(mem, hex.n / 2 + 1);
	size_t i;

	for (i = 0; i < hex.n / 2; i++)
		out[i] = (char)(digit_of(hex.p[2 * i]) << 4 | digit_of(hex.p[2 * i + 1]));
	out[hex.n / 2] = '\0';
	return (struct str){ out, hex.n / 2 };
}

/* A header as text that PostgreSQL can store, or NULL. */
static struct pg_arg
header_arg(const char *s)
{
	return pg_text(s != NULL && utf8_valid(s, strlen(s)) ? s : NULL);
}

int
dead_letter_add(struct pg *pg, struct arena *mem, const struct dead_letter *d)
{
	return pg_query(pg, NULL, &insert_letter, pg_text(d->topic), pg_int(d->partition), pg_int(d->offset),
	    pg_text(d->key), pg_text(hex_of(mem, d->value)), header_arg(d->message_id), header_arg(d->type),
	    header_arg(d->traceparent), pg_text(d->reason));
}

struct outbox_message
dead_letter_notice(struct arena *mem, const struct dead_letter *d)
{
	char *id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES));

	return (struct outbox_message){
		.topic = "error-notifications", .key = d->key != NULL && *d->key != '\0'
		    ? d->key : d->topic, .message_id = id,
		.type = "dead-letter", .traceparent = d->traceparent,
		.payload = json_obj(mem, JS("errorId", id), JS("type", "dead-letter"), JS("severity", "medium"),
		    JS("topic", d->topic), JI("partition", d->partition), JI("offset", d->offset), JS("key", d->key),
		    JS("message", d->reason), JT("timestamp", now_ms())),
	};
}

static struct pg_stmt list_letters = PG_STMT("select", "dead_letters",
    "SELECT id, topic, partition, \"offset\", key, encode(value, 'hex'), message_id, type, traceparent, reason,"
    "   iso(created_at)"
    " FROM dead_letters"
    " WHERE ($1::bigint[] IS NULL OR id = ANY ($1::bigint[])) AND ($2::text IS NULL OR topic = $2) AND id > $3"
    " ORDER BY id LIMIT $4");
static struct pg_stmt lock_letters = PG_STMT("select", "dead_letters",
    "SELECT id, topic, partition, \"offset\", key, encode(value, 'hex'), message_id, type, traceparent, reason,"
    "   iso(created_at)"
    " FROM dead_letters"
    " WHERE ($1::bigint[] IS NULL OR id = ANY ($1::bigint[])) AND ($2::text IS NULL OR topic = $2) AND id > $3"
    " ORDER BY id LIMIT $4 FOR UPDATE");
enum { ID, TOPIC, PARTITION, OFFSET, KEY, VALUE, MESSAGE_ID, TYPE, TRACEPARENT, REASON, CREATED };

/* "{1,2}", or NULL for all. */
static const char *
ids_text(const struct dead_letter_choice *c)
{
	return c->n_ids > 0 ? pg_bigints(co_arena(), c->ids, c->n_ids) : NULL;
}

static int
read_letters(struct pg *pg, struct pg_stmt *stmt, const struct dead_letter_choice *c, int64_t after, int max,
    struct dead_letter **v, int *n)
{
	struct pg_rows r;
	int rc, i;

	*n = 0;
	if ((rc = pg_query(pg, &r, stmt, pg_text(ids_text(c)), pg_text(c->topic), pg_int(after), pg_int(max))) < 0)
		return rc;
	*v = arena_zalloc(co_arena(), (size_t)(r.n + 1) * sizeof(**v));
	for (i = 0; i < r.n; i++)
		(*v)[i] = (struct dead_letter){
			.id = pg_integer(&r, i, ID), .topic = pg_string(&r, i, TOPIC),
			.partition = (int32_t)pg_integer(&r, i, PARTITION), .offset = pg_integer(&r, i, OFFSET),
			.key = pg_string(&r, i, KEY), .value = bytes_of(co_arena(), pg_value(&r, i, VALUE)),
			.message_id = pg_string(&r, i, MESSAGE_ID), .type = pg_string(&r, i, TYPE),
			.traceparent = pg_string(&r, i, TRACEPARENT), .reason = pg_string(&r, i, REASON),
			.created = pg_string(&r, i, CREATED),
		};
	*n = r.n;
	return 0;
}

int
dead_letter_list(const struct dead_letter_choice *c, int64_t after, int max, struct dead_letter **v, int *n)
{
	return read_letters(pg_shared(), &list_letters, c, after, max, v, n);
}

/* --- For operators --- */

static struct pg_stmt page_letters = PG_STMT("select", "dead_letters",
    "SELECT id, topic, key, reason, iso(created_at), octet_length(value),"
    "   encode(substring(value FROM 1 FOR $4::int), 'hex'), attempts"
    " FROM dead_letters WHERE ($1::text IS NULL OR topic = $1) AND id > $2 ORDER BY id LIMIT $3");
enum { SHOWN_ID, SHOWN_TOPIC, SHOWN_KEY, SHOWN_REASON, SHOWN_CREATED, SHOWN_BYTES, SHOWN_BEGINNING,
    SHOWN_ATTEMPTS };

/* The text without a character that was cut at its end; p NULL: it is no text. */
static struct str
whole_text(struct str s, bool cut)
{
	size_t least = s.n > CHARACTER_BYTES - 1 ? s.n - (CHARACTER_BYTES - 1) : 0;

	if (memchr(s.p, '\0', s.n) != NULL)
		return (struct str){ 0 };
	while (!utf8_valid(s.p, s.n)) {
		if (!cut || s.n == least)
			return (struct str){ 0 };
		s.n--;
	}
	return s;
}

static void
put_letter(struct buf *out, struct arena *mem, const struct pg_rows *r, int i)
{
	int64_t bytes = pg_integer(r, i, SHOWN_BYTES);
	struct str beginning = bytes_of(mem, pg_value(r, i, SHOWN_BEGINNING)), text;
	bool cut = bytes > (int64_t)beginning.n;

	text = whole_text(beginning, cut);
	struct json_field f[] = {
		JI("id", pg_integer(r, i, SHOWN_ID)), JS("topic", pg_string(r, i, SHOWN_TOPIC)),
		JS("key", pg_string(r, i, SHOWN_KEY)),
		JS("error", pg_string(r, i, SHOWN_REASON)), JI("attempts", pg_integer(r, i, SHOWN_ATTEMPTS)),
		JS("createdAt", pg_string(r, i, SHOWN_CREATED)),
		text.p != NULL ? JN("payload", text) : JS("payload", NULL), JI("payloadBytes", bytes),
		JB("truncated", cut),
	};
	json_put_obj(out, f, NELEM(f));
}

int
dead_letter_page(const char *topic, const char *cursor, int64_t limit, struct str *list, const char **next)
{
	struct arena *mem = co_arena();
	struct buf out = { 0 };
	struct pg_rows r;
	int64_t after = 0;
	int rc, i;

	if (cursor != NULL && !parse_int(cursor, 1, INT64_MAX, &after))
		return E_VALIDATION;
	rc = pg_query(pg_shared(), &r, &page_letters, pg_text(topic), pg_int(after), pg_int(limit),
	    pg_int(DEAD_LETTER_SHOWN_BYTES));
	if (rc < 0)
		return rc;
	buf_byte(&out, '[');
	for (i = 0; i < r.n; i++) {
		buf_str(&out, i > 0 ? "," : "");
		put_letter(&out, mem, &r, i);
	}
	buf_byte(&out, ']');
	*list = buf_to_arena(mem, &out);
	*next = r.n < limit ? NULL : arena_printf(mem, "%lld", (long long)pg_integer(&r, r.n - 1, SHOWN_ID));
	return 0;
}

static struct pg_stmt delete_letters = PG_STMT("delete", "dead_letters",
    "DELETE FROM dead_letters"
    " WHERE ($1::bigint[] IS NULL OR id = ANY ($1::bigint[])) AND ($2::text IS NULL OR topic = $2)");

/* Neither the outbox nor PostgreSQL's text can hold broken UTF-8 or NUL. */
static bool
is_text(struct str s)
{
	return utf8_valid(s.p, s.n) && memchr(s.p, '\0', s.n) == NULL;
}

/* The next letter about the same message goes on counting. */
static struct pg_stmt note_retry = PG_STMT("insert", "dead_letter_retries",
    "INSERT INTO dead_letter_retries (message_id, attempts) SELECT $2::text, attempts FROM dead_letters WHERE id = $1"
    " ON CONFLICT (message_id) DO UPDATE SET attempts = EXCLUDED.attempts, retried_at = now()");

static int
send_again(struct pg *pg, struct arena *mem, const struct dead_letter *d)
{
	struct outbox_message m = {
		.topic = d->topic, .key = d->key != NULL && *d->key != '\0' ? d->key : d->topic,
		.message_id = d->message_id != NULL ? d->message_id : arena_printf(mem, "dead-%lld", (long long)d->id),
		.type = d->type != NULL ? d->type : "", .traceparent = d->traceparent, .payload = d->value,
	};
	int rc = outbox_add(pg, &m);

	if (rc == 0)
		rc = pg_query(pg, NULL, &note_retry, pg_int(d->id), pg_text(m.message_id));
	return rc < 0 ? rc : pg_query(pg, NULL, &delete_letters, pg_text(pg_bigints(mem, &d->id, 1)), pg_text(NULL));
}

struct round { const struct dead_letter_choice *choice; int64_t after; int seen, sent, kept, rc; };

/* One batch in one transaction, in a coroutine of its own, whose arena is freed with it. */
static void
retry_batch(void *arg)
{
	struct round *t = arg;
	struct dead_letter *v;
	struct pg *pg;
	int i;

	if ((t->rc = pg_begin(&pg)) < 0)
		return;
	t->rc = read_letters(pg, &lock_letters, t->choice, t->after, BATCH, &v, &t->seen);
	for (i = 0; t->rc == 0 && i < t->seen; i++) {
		t->after = v[i].id;
		if (!is_text(v[i].value))
			t->kept++;
		else if ((t->rc = send_again(pg, co_arena(), &v[i])) == 0)
			t->sent++;
	}
	if (t->rc < 0)
		pg_rollback(&pg);
	else
		t->rc = pg_commit(&pg);
}

int
dead_letter_retry(const struct dead_letter_choice *c, int *n, int *kept)
{
	struct round t = { .choice = c };
	struct co_group group = { 0 };
	int rc;

	do {
		co_group_spawn(&group, retry_batch, &t, 0);
		if ((rc = co_group_wait(&group)) < 0 || (rc = t.rc) < 0)
			break;
	} while (t.seen == BATCH);
	*n = t.sent;
	*kept = t.kept;
	return rc;
}

int
dead_letter_drop(const struct dead_letter_choice *c, int *n)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &delete_letters, pg_text(ids_text(c)), pg_text(c->topic));

	*n = rc == 0 ? (int)r.affected : 0;
	return rc;
}
