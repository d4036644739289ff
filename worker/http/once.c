/* once.c -- connects a request with domain/core/idempotency.h. See once.h. Yields: once_call once_store.
 *
 * A client that disconnects cancels its handler, but the outcome must still be stored: a coroutine of its own does
 * that, and the request waits for it as long as it may.
 */
#include "once.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "worker/domain/core/idempotency.h"
#include "worker/domain/identity/guard.h"

enum { KEY_MAX = 255, SETTLE_LIMIT_MS = 10000, SLACK_MS = 5000 };

/* What is left to write, in memory of its own. */
struct settlement {
	struct arena		 mem;
	struct idempotency	 i;
	struct idempotency_answer a;	/* status 0: drop it */
	struct co		*waiter;	/* NULL: the client has disconnected */
	bool			 done;
};

static bool
key_ok(const char *key)
{
	size_t n = strlen(key);

	return n > 0 && n <= KEY_MAX && strspn(key, "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
	    "abcdefghijklmnopqrstuvwxyz{|}~") == n;
}

static int
refuse_key(struct req *rq)
{
	static const struct param row = { .name = "Idempotency-Key", .kind = PARAM_STR, .min = 1, .max = KEY_MAX };

	rq->faults = (struct param_faults){ { { row.name, REASON_LENGTH, &row } }, 1 };
	return E_VALIDATION;
}

static const char *
scope_of(struct req *rq)
{
	char text[GUARD_CLIENT_BYTES];

	if (rq->user != NULL)
		return arena_printf(rq->mem, "user:%s", rq->user);
	return arena_printf(rq->mem, "ip:%s", guard_client(rq->ip, text));
}

/* The path with its parameters as they were given. */
static struct str
path_of(struct req *rq)
{
	char *path = arena_strdup(rq->mem, rq->route->path);
	size_t i;

	for (i = 0; i < rq->endpoint->n_names; i++)
		path = arena_printf(rq->mem, "%s %s", path, rq->match.values[i]);
	return str_of(path);
}

static void
settle_key(void *arg)
{
	struct settlement *s = arg;
	int rc;

	rc = s->a.status > 0 ? idempotency_store(pg_shared(), &s->mem, &s->i, &s->a) : idempotency_drop(&s->i);
	if (rc < 0 && rc != E_CONFLICT)
		log_warn("the outcome of an idempotency key was not stored", JS("error", err_row(rc)->code));
	s->done = true;
	if (s->waiter != NULL) {
		co_wake(s->waiter);
		return;
	}
	arena_fini(&s->mem);
	free(s);
}

static struct settlement *
new_settlement(const struct idempotency *i, const struct idempotency_answer *a)
{
	struct settlement *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	arena_init(&s->mem, 1024);
	s->i = (struct idempotency){ .scope = arena_strdup(&s->mem, i->scope), .key = arena_strdup(&s->mem, i->key),
	    .user = NULL, .hash = NULL, .owner = arena_strdup(&s->mem, i->owner), .work_ms = i->work_ms };
	if (a != NULL)
		s->a = (struct idempotency_answer){ a->status, arena_strdup(&s->mem, a->type),
		    { arena_copy(&s->mem, a->body.p, a->body.n), a->body.n } };
	s->waiter = co_self();
	return s;
}

/* Stores the answer or, NULL, drops the key; even when the client has disconnected. */
static void
settle_surely(const struct idempotency *i, const struct idempotency_answer *a)
{
	struct settlement *s = new_settlement(i, a);
	int rc = 0;

	co_spawn(settle_key, s, SETTLE_LIMIT_MS);
	while (!s->done && rc == 0)
		rc = co_park(-1);
	if (!s->done) {
		s->waiter = NULL;
		return;
	}
	arena_fini(&s->mem);
	free(s);
}

static int
replay_answer(struct req *rq, const struct idempotency_answer *a)
{
	reply_text(rq, a->status, arena_strdup(rq->mem, a->type), a->body);
	reply_header(rq, "Idempotency-Replayed", "true");
	return 0;
}

int
once_call(struct req *rq, const void *args)
{
	const char *key = rq->header[HDR_IDEMPOTENCY_KEY];
	struct idempotency *i = arena_zalloc(rq->mem, sizeof(*i));
	struct idempotency_answer before;
	char uuid[UUID_TEXT_BYTES];
	bool mine;
	int rc;

	if (!key_ok(key))
		return refuse_key(rq);
	*i = (struct idempotency){
		.scope = scope_of(rq), .key = key, .user = rq->user,
		.hash = arena_alloc(rq->mem, IDEMPOTENCY_HASH_BYTES),
		.owner = arena_strdup(rq->mem, uuid_text(uuid)), .work_ms = rq->route->deadline_ms + SLACK_MS,
	};
	idempotency_hash((char *)(uintptr_t)i->hash, rq->route->method, path_of(rq),
	    (struct str){ rq->in.p, rq->in.n });
	if ((rc = idempotency_begin(rq->mem, i, &mine, &before)) < 0)
		return rc;
	if (!mine)
		return replay_answer(rq, &before);
	rq->once = i;
	rc = rq->route->handler(rq, args);
	if (rc == 0 && rq->reply.status > 0 && rq->reply.status < 500)
		settle_surely(i, &(struct idempotency_answer){ rq->reply.status, rq->reply.type, rq->reply.body });
	else
		settle_surely(i, NULL);
	return rc;
}

int
once_store(struct req *rq, struct pg *pg, int status, struct str json)
{
	struct idempotency_answer a = { status, "application/json; charset=utf-8", json };

	return rq->once != NULL ? idempotency_store(pg, rq->mem, rq->once, &a) : 0;
}
