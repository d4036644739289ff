/* ask.c -- questions to processes of all hosts. See ask.h. Yields: ask_n. */
#include "ask.h"

#include <stdio.h>

#include "base/err.h"
#include "link/redis.h"
#include "run/co.h"

enum { CHANNEL_BYTES = 64 };

/* A question in flight, in its coroutine's arena, which the answers are copied to. */
struct asking {
	struct arena		*mem;
	struct co		*co;
	bool			 ready;
	struct ask_answers	 got;
};

static void
on_ready(void *arg)
{
	struct asking *a = arg;

	a->ready = true;
	co_wake(a->co);
}

static void
on_answer(void *arg, const char *p, size_t n)
{
	struct asking *a = arg;
	struct ask_answer *one;
	const struct json *json;
	const char *copy;

	if (p == NULL)
		return;
	copy = arena_copy(a->mem, p, n);
	if (json_parse(a->mem, copy, n, &json) < 0)
		return;
	one = arena_alloc(a->mem, sizeof(*one));
	*one = (struct ask_answer){ a->got.first, json };
	a->got.first = one;
	a->got.answered++;
	co_wake(a->co);
}

/* Waits for as many answers as are enough, or as the question had receivers. */
static int
await_answers(struct asking *a, const struct ask_how *how, struct str question)
{
	int64_t until = mono_ms() + how->wait_ms, left, enough;
	struct redis_reply receivers;
	int rc = 0;

	while (!a->ready && rc == 0)
		rc = co_park((left = until - mono_ms()) > 0 ? left : 0);
	if (rc < 0)
		return rc == E_TIMEOUT ? E_DOWN : rc;
	if ((rc = redis_cmd(&receivers, "PUBLISH %s:ask %b", how->family, question.p, question.n)) < 0)
		return rc;
	a->got.asked = receivers.i;
	enough = how->enough < a->got.asked ? how->enough : a->got.asked;
	while (a->got.answered < enough && rc == 0)
		rc = co_park((left = until - mono_ms()) > 0 ? left : 0);
	return rc == E_TIMEOUT ? 0 : rc;
}

static struct str
question_json(struct arena *mem, const char *id, const char *what, const struct json_field *f, size_t n)
{
	const struct json_field head[] = { JS("id", id), JS("what", what) };
	struct buf b = { 0 }, rest = { 0 };

	buf_byte(&b, '{');
	json_put_fields(&b, head, NELEM(head));
	json_put_fields(&rest, f, n);
	if (rest.n > 0) {
		buf_byte(&b, ',');
		buf_add(&b, rest.p, rest.n);
	}
	buf_byte(&b, '}');
	buf_fini(&rest);
	return buf_to_arena(mem, &b);
}

int
ask_n(struct arena *mem, const struct ask_how *how, struct ask_answers *out, const struct json_field *question,
    size_t n)
{
	struct asking *a = arena_zalloc(mem, sizeof(*a));
	char id[UUID_TEXT_BYTES];
	struct redis_sub *sub;
	int rc;

	a->mem = mem;
	a->co = co_self();
	uuid_text(id);
	sub = redis_subscribe(arena_printf(mem, "%s:answer:%s", how->family, id), on_answer, on_ready, a);
	rc = redis_up() ? await_answers(a, how, question_json(mem, id, how->what, question, n)) : E_DOWN;
	redis_unsubscribe(&sub);
	*out = a->got;
	return rc;
}

/* --- The other side --- */

static void
on_question(void *arg, const char *p, size_t n)
{
	struct ask_listener *l = arg;
	const char *id, *what;
	const struct json *q;
	struct buf out = { 0 };
	struct arena mem;

	if (p == NULL)
		return;
	arena_init(&mem, 4096);
	if (json_parse(&mem, p, n, &q) == 0 && (id = json_str(json_get(q, "id"))) != NULL &&
	    (what = json_str(json_get(q, "what"))) != NULL) {
		l->answer(&out, &mem, what, q);
		if (out.n > 0)
			redis_send("PUBLISH %s:answer:%s %b", l->family, id, out.p, out.n);
	}
	buf_fini(&out);
	arena_fini(&mem);
}

void
ask_listen(struct ask_listener *l)
{
	char channel[CHANNEL_BYTES];

	if (l->sub != NULL)
		return;
	snprintf(channel, sizeof(channel), "%s:ask", l->family);
	l->sub = redis_subscribe(channel, on_question, NULL, l);
}

void
ask_ignore(struct ask_listener *l)
{
	if (l->sub != NULL)
		redis_unsubscribe(&l->sub);
}
