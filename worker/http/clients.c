/* clients.c -- the budgets of clients, in a table of this worker. See clients.h. Owns: the table, which holds a client
 * while it is referenced. */
#include "clients.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/hashtab.h"
#include "base/metric.h"
#include "base/str.h"
#include "worker/domain/identity/guard.h"

struct client {
	struct hashtab_node node;
	int64_t		 used[BUDGETS];
	unsigned	 counted;
	char		 name[GUARD_CLIENT_BYTES];
};

static struct hashtab table;

static struct client *
find_client(const char *name, uint64_t hash)
{
	struct hashtab_node *node = NULL;

	while ((node = hashtab_find(&table, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct client, node)->name, name) == 0)
			return HOLDER(node, struct client, node);
	return NULL;
}

struct client *
clients_get(const char *ip)
{
	char text[GUARD_CLIENT_BYTES];
	const char *name = guard_client(ip, text);
	uint64_t hash = hash_keyed(name, strlen(name));
	struct client *c = find_client(name, hash);

	if (c == NULL) {
		if ((c = calloc(1, sizeof(*c))) == NULL)
			abort();
		memcpy(c->name, name, strlen(name) + 1);
		hashtab_add(&table, &c->node, hash);
	}
	c->counted++;
	return c;
}

void
clients_put(struct client **c)
{
	struct client *one = *c;

	*c = NULL;
	if (one == NULL || --one->counted > 0)
		return;
	hashtab_del(&table, &one->node);
	free(one);
}

static int64_t
budget_of(enum budget b)
{
	switch (b) {
	case BUDGET_CONNECTIONS:
		if (conf.http_client_connections_max == 0)
			return conf.http_connections_max / 2;
		return guard_share(conf.http_client_connections_max, 1);
	case BUDGET_BODIES:
		return guard_share(conf.http_client_bodies_max, 1);
	case BUDGET_STREAMS:
		return guard_share(conf.http_client_streams_max, 1);
	case BUDGET_BYTES:
		return guard_share(conf.http_client_body_bytes, conf.body_limit_bytes);
	default:
		return INT64_MAX;
	}
}

bool
clients_charge(struct client *c, enum budget b, int64_t n)
{
	if (c->used[b] + n > budget_of(b)) {
		clients_count(b);
		return false;
	}
	c->used[b] += n;
	return true;
}

void
clients_refund(struct client *c, enum budget b, int64_t n)
{
	c->used[b] -= n;
}

void
clients_count(enum budget b)
{
	metric_add(M_HTTP_CLIENT_REFUSALS, (size_t)b, 1);
}
