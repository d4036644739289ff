/* external_ask.c -- see external_ask.h. Yields: external_ask, external_ask_stop. */
#include "external_ask.h"

#include <stdlib.h>

#include "base/err.h"
#include "link/redis.h"
#include "run/co.h"
#include "worker/domain/core/ask.h"

#define FAMILY	"external"
enum { CLAIM_S = 60, WAIT_MAX_MS = 10000 };

static int askers;

int
external_ask(struct arena *mem, const char *what, const char *text, int64_t wait_ms, const struct json **answer)
{
	const struct ask_how how = { .family = FAMILY, .what = what, .wait_ms = wait_ms, .enough = 1 };
	struct ask_answers got;
	int rc;

	if (askers >= EXTERNAL_ASKERS_MAX || wait_ms == 0)
		return E_BUSY;
	askers++;
	rc = ask(mem, &how, &got, JS("text", text), JI("waitMs", wait_ms));
	askers--;
	if (rc < 0)
		return rc;
	if (got.first == NULL || json_get(got.first->json, "error") != NULL)
		return E_BUSY;
	*answer = got.first->json;
	return 0;
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
	redis_send("PUBLISH " FAMILY ":answer:%s {\"error\":\"%s\"}", q->id, err_row(rc)->code);
}

/* Of several hosts one answers. */
static bool
claim_question(const struct question *q)
{
	struct redis_reply r;

	return redis_cmd(&r, "SET " FAMILY ":claim:%s 1 NX EX %d", q->id, CLAIM_S) == 0 && r.type == REDIS_STATUS;
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
		redis_send("PUBLISH " FAMILY ":answer:%s %b", q->id, json.p, json.n);
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
	self.sub = redis_subscribe(FAMILY ":ask", on_question, NULL, NULL);
}

void
external_ask_stop(void)
{
	if (self.sub != NULL)
		redis_unsubscribe(&self.sub);
	co_group_wait(&self.under_way);
}
