/* external_ask.c -- see external_ask.h. Yields: external_ask, external_ask_stop. */
#include "external_ask.h"

#include <stdlib.h>

#include "base/err.h"
#include "link/redis.h"
#include "run/co.h"

#define CHANNEL "external:ask"
enum { CLAIM_S = 60, WAIT_MAX_MS = 10000 };

/* --- Asking --- */

struct asking {
	struct arena		*mem;
	struct co		*co;
	bool			 ready;
	const struct json	*got;
};
static int askers;

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

	if (p != NULL && a->got == NULL && json_parse(a->mem, arena_copy(a->mem, p, n), n, &a->got) == 0)
		co_wake(a->co);
}

static int
wait_answer(struct asking *a, struct str question, int64_t wait_ms)
{
	int64_t until_ms = mono_ms() + wait_ms, left_ms;
	struct redis_reply receivers;
	int rc = 0;

	while (!a->ready && rc == 0)
		rc = co_park((left_ms = until_ms - mono_ms()) > 0 ? left_ms : 0);
	if (rc == 0 && (rc = redis_cmd(&receivers, "PUBLISH " CHANNEL " %b", question.p, question.n)) == 0 &&
	    receivers.i == 0)
		return E_BUSY;
	while (a->got == NULL && rc == 0)
		rc = co_park((left_ms = until_ms - mono_ms()) > 0 ? left_ms : 0);
	return rc == E_TIMEOUT ? E_BUSY : rc;
}

int
external_ask(struct arena *mem, const char *what, const char *text, int64_t wait_ms, const struct json **answer)
{
	struct asking *a = arena_zalloc(mem, sizeof(*a));
	char id[UUID_TEXT_BYTES];
	struct redis_sub *sub;
	int rc;

	if (askers >= EXTERNAL_ASKERS_MAX || wait_ms == 0)
		return E_BUSY;
	if (!redis_up())
		return E_DOWN;
	*a = (struct asking){ .mem = mem, .co = co_self() };
	uuid_text(id);
	sub = redis_subscribe(arena_key(mem, "external:answer", id), on_answer, on_ready, a);
	askers++;
	rc = wait_answer(
	    a, json_obj(mem, JS("id", id), JS("what", what), JS("text", text), JI("waitMs", wait_ms)), wait_ms);
	askers--;
	redis_unsubscribe(&sub);
	if (rc == 0 && json_get(a->got, "error") != NULL)
		return E_BUSY;
	*answer = a->got;
	return rc;
}

/* --- Answering --- */

static struct {
	int (*answer)(struct arena *mem, const char *what, const char *text, int64_t wait_ms, struct str *json);
	struct redis_sub *sub;
	struct co_group	  under_way;
} self;

struct question {
	struct arena	 mem;
	const char	*id, *what, *text;
	int64_t		 wait_ms;
};

static void
free_question(void *p)
{
	struct question *q = p;

	arena_fini(&q->mem);
	free(q);
}

static void
refuse(const struct question *q, int rc)
{
	redis_send("PUBLISH external:answer:%s {\"error\":\"%s\"}", q->id, err_row(rc)->code);
}

/* Of several hosts one answers. */
static bool
claim_question(const struct question *q)
{
	struct redis_reply r;

	return redis_cmd(&r, "SET external:claim:%s 1 NX EX %d", q->id, CLAIM_S) == 0 && r.type == REDIS_STATUS;
}

static void
run_question(void *arg)
{
	struct question *q = arg;
	struct str json;
	int rc;

	co_defer(free_question, q);
	if (!claim_question(q))
		return;
	if ((rc = self.answer(co_arena(), q->what, q->text, q->wait_ms, &json)) < 0)
		refuse(q, rc);
	else
		redis_send("PUBLISH external:answer:%s %b", q->id, json.p, json.n);
}

static bool
parse_question(struct question *q, const char *p, size_t n)
{
	const struct json *j;

	if (json_parse(&q->mem, arena_copy(&q->mem, p, n), n, &j) < 0)
		return false;
	q->id = json_str(json_get(j, "id"));
	q->what = json_str(json_get(j, "what"));
	q->text = json_str(json_get(j, "text"));
	return q->id != NULL && uuid_valid(q->id) && q->what != NULL && q->text != NULL &&
	    json_int(json_get(j, "waitMs"), &q->wait_ms) && q->wait_ms > 0 && q->wait_ms <= WAIT_MAX_MS;
}

static void
on_question(void *arg, const char *p, size_t n)
{
	struct question *q;

	(void)arg;
	if (p == NULL || (q = calloc(1, sizeof(*q))) == NULL)
		return;
	arena_init(&q->mem, 1024);
	if (!parse_question(q, p, n)) {
		free_question(q);
	} else if (self.under_way.live >= EXTERNAL_QUESTIONS_MAX) {
		refuse(q, E_BUSY);
		free_question(q);
	} else {
		co_group_spawn(&self.under_way, run_question, q, 0);
	}
}

void
external_ask_listen(int (*answer)(struct arena *mem, const char *what, const char *text, int64_t wait_ms,
    struct str *json))
{
	self.answer = answer;
	self.sub = redis_subscribe(CHANNEL, on_question, NULL, NULL);
}

void
external_ask_stop(void)
{
	if (self.sub != NULL)
		redis_unsubscribe(&self.sub);
	co_group_wait(&self.under_way);
}
