/* single_flight.c -- one read for many callers. See single_flight.h. */
#include "single_flight.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/hashtab.h"
#include "run/co.h"

struct single_flight {
	struct hashtab_node	 node;
	struct co_gate		 done;
	uint32_t		 started, finished, refs;	/* reads; callers that wait or read */
	int			 rc;		/* of the last one, and what it read */
	struct buf		 result;
	char			 name[];
};

static struct hashtab flights;

static struct single_flight *
find_flight(const char *name)
{
	uint64_t hash = hash_keyed(name, strlen(name));
	struct hashtab_node *node = NULL;
	struct single_flight *f;

	while ((node = hashtab_find(&flights, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct single_flight, node)->name, name) == 0)
			return HOLDER(node, struct single_flight, node);
	if ((f = calloc(1, sizeof(*f) + strlen(name) + 1)) == NULL)
		abort();
	strcpy(f->name, name);
	hashtab_add(&flights, &f->node, hash);
	return f;
}

static void
put_flight(void *arg)
{
	struct single_flight *f = arg;

	if (--f->refs > 0)
		return;
	hashtab_del(&flights, &f->node);
	buf_fini(&f->result);
	free(f);
}

/* The caller that reads may be cancelled, or run into its own deadline: another of the callers reads then. */
static int
read_now(struct single_flight *f, const char *id, single_flight_read *read)
{
	uint32_t mine = ++f->started;
	struct str got = { 0 };
	int rc = read(co_arena(), id, &got);

	if (rc == E_CANCELED || (rc == E_TIMEOUT && co_time_left() <= 0)) {
		f->started = f->finished;
		co_gate_wake_all(&f->done);
		return rc;
	}
	f->rc = rc;
	buf_reset(&f->result);
	if (rc == 0)
		buf_add(&f->result, got.p, got.n);
	f->finished = mine;
	co_gate_wake_all(&f->done);
	return 0;
}

int
single_flight_get(struct arena *mem, const char *name, const char *id, single_flight_read *read, struct str *out)
{
	struct single_flight *f = find_flight(arena_printf(mem, "%s:%s", name, id));
	uint32_t need = f->started + 1;
	int rc = 0;

	f->refs++;
	while (rc == 0 && f->finished < need) {
		if (f->started > f->finished)
			rc = co_gate_wait(&f->done, -1);
		else
			rc = read_now(f, id, read);
	}
	if (rc == 0 && (rc = f->rc) == 0)
		*out = (struct str){ arena_copy(mem, f->result.p, f->result.n), f->result.n };
	put_flight(f);
	return rc;
}
