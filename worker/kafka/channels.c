/* channels.c -- passes messages of Redis channels to the handlers of topics. See channels.h.
 *
 * The bridges of all hosts receive each message; the first to set a key derived from its hash applies it. Equal bytes
 * on one channel within CLAIM_MS thus count once.
 */
#include "channels.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/redis.h"
#include "reword.h"
#include "run/co.h"
#include "topics_in.h"
#include "worker/child.h"
#include "worker/domain/core/effects.h"

enum { APPLIED, DUPLICATE, REFUSED, DROPPED, UNKNOWN };	/* cells of M_CHANNEL_IN */
enum { WAIT_MS = 1000, CLAIM_MS = 60000, TRIES = 5, RETRY_MS = 200, MESSAGE_BYTES_MAX = 1048576 };

struct item {
	struct item	*next;
	const struct channel_kind *kind;
	const char	*id;		/* the part of the channel's name behind the prefix */
	size_t		 n;
	char		 text[];	/* the message, its NUL, then the id */
};

static struct {
	struct item	*first, **end;
	int64_t		 waiting;
	struct co_gate	 gate;
} inbox = { .end = &inbox.first };

static bool
is_own(const char *p, size_t n)
{
	static const char mark[] = EFFECTS_OWN;
	size_t m = sizeof(mark) - 1;

	return n >= m && memcmp(p + n - m, mark, m) == 0;
}

static void
on_message(void *arg, const char *channel, const char *p, size_t n)
{
	const struct channel_kind *kind = arg;
	const char *id = channel + strlen(kind->prefix);
	size_t id_n = strlen(id);
	struct item *i;

	if (is_own(p, n))
		return;
	if (n > MESSAGE_BYTES_MAX || inbox.waiting >= conf.channel_queue_max) {
		metric_add(M_CHANNEL_IN, DROPPED, 1);
		return;
	}
	if ((i = malloc(sizeof(*i) + n + id_n + 2)) == NULL)
		bug("no memory for a message");
	*i = (struct item){ .kind = kind, .n = n, .id = i->text + n + 1 };
	memcpy(i->text, p, n);
	i->text[n] = '\0';
	memcpy(i->text + n + 1, id, id_n + 1);
	*inbox.end = i;
	inbox.end = &i->next;
	inbox.waiting++;
	co_gate_wake_all(&inbox.gate);
}

static int
claim_message(const struct item *i, bool *ours)
{
	struct redis_reply r;
	int rc;

	rc = redis_cmd(&r, "SET channel:seen:%s%s:%llx 1 NX PX %d", i->kind->prefix, i->id,
	    (unsigned long long)hash_bytes(i->text, i->n), CLAIM_MS);
	*ours = rc == 0 && r.type != REDIS_NIL;
	return rc;
}

/* Applies a message in `pg`'s transaction. *why: the reason of a refusal. */
static int
apply_in(struct pg *pg, struct effects *effects, const struct item *i, const char **why)
{
	struct arena *mem = co_arena();
	struct kafka_message m = { .partition = -1, .timestamp_ms = now_ms() };
	struct kmsg k = { .mem = mem, .pg = pg, .effects = effects, .m = &m };
	const struct json *body;
	int rc;

	effects_skip_channel(effects, arena_printf(mem, "%s%s", i->kind->prefix, i->id));
	if ((rc = json_parse(mem, i->text, i->n, &body)) < 0)
		return rc;
	if (json_type(body) != JSON_OBJECT)
		return E_VALIDATION;
	if ((rc = i->kind->reword(&k, &m, i->id, body)) < 0 || m.topic == NULL)
		return rc;
	rc = topics_in_apply(&k, 1);
	*why = k.reason;
	return rc < 0 ? rc : k.rc;
}

static int
apply_message(const struct item *i, const char **why)
{
	struct effects *effects = effects_new(co_arena());
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = apply_in(pg, effects, i, why)) < 0) {
		pg_rollback(&pg);
		return rc;
	}
	if ((rc = pg_commit(&pg)) == 0)
		effects_apply(effects);
	return rc;
}

static void
refuse_message(const struct item *i, int rc, const char *why)
{
	if (rc == E_NOT_FOUND) {		/* the task may belong to another service */
		metric_add(M_CHANNEL_IN, UNKNOWN, 1);
		log_debug("message on a channel is about nothing known", JS("channel", i->kind->prefix),
		    JS("id", i->id));
		return;
	}
	metric_add(M_CHANNEL_IN, REFUSED, 1);
	log_warn("message on a channel refused", JS("channel", i->kind->prefix), JS("id", i->id),
	    JS("reason", err_row(rc)->code), JIF(why != NULL, JS("details", why)));
}

static void
handle_item(void *arg)
{
	const struct item *i = arg;
	const char *why = NULL;
	bool ours = false;
	int rc, tries;

	if ((rc = claim_message(i, &ours)) == 0 && !ours) {
		metric_add(M_CHANNEL_IN, DUPLICATE, 1);
		return;
	}
	for (tries = 0; (rc = apply_message(i, &why)) < 0 && err_row(rc)->verdict == RETRY && ++tries < TRIES;)
		if (co_sleep(RETRY_MS << tries) < 0)
			break;
	if (rc == 0)
		metric_add(M_CHANNEL_IN, APPLIED, 1);
	else if (rc == E_CONFLICT)
		metric_add(M_CHANNEL_IN, DUPLICATE, 1);
	else
		refuse_message(i, rc, why);
}

static void
handle_first(void)
{
	struct co_group group = { 0 };
	struct item *i = inbox.first;

	if ((inbox.first = i->next) == NULL)
		inbox.end = &inbox.first;
	inbox.waiting--;
	co_group_spawn(&group, handle_item, i, 0);
	if (co_group_wait(&group) < 0)
		bug("the bridge was cancelled");
	free(i);
}

void
channels_run(void)
{
	struct redis_sub *subs[CHANNEL_KINDS];
	size_t i;

	for (i = 0; i < CHANNEL_KINDS; i++)
		subs[i] = redis_psubscribe(channel_kinds[i].pattern, on_message, (void *)(uintptr_t)&channel_kinds[i]);
	while (inbox.first != NULL || !child_stopping())
		if (inbox.first != NULL)
			handle_first();
		else
			co_gate_wait(&inbox.gate, WAIT_MS);
	for (i = 0; i < CHANNEL_KINDS; i++)
		redis_unsubscribe(&subs[i]);
}

void
channels_stop(void)
{
	co_gate_wake_all(&inbox.gate);
}
