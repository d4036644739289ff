/* client_budget.c -- what the clients of one address cost. See client_budget.h. */
#include "client_budget.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/metric.h"
#include "base/str.h"
#include "worker/domain/identity/guard.h"

static struct hashtab budgets;

static bool
is_limited(const struct client_budget *a)
{
	return conf.rate_limit && *a->client != '\0';
}

struct client_budget *
client_budget_ref(struct client_budget *a)
{
	a->refs++;
	return a;
}

struct client_budget *
client_budget_named(const char *client)
{
	size_t n = strlen(client);
	uint64_t hash = hash_keyed(client, n);
	struct hashtab_node *node = NULL;
	struct client_budget *a;

	while ((node = hashtab_find(&budgets, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct client_budget, node)->client, client) == 0)
			return client_budget_ref(HOLDER(node, struct client_budget, node));
	if ((a = calloc(1, sizeof(*a) + n + 1)) == NULL)
		abort();
	memcpy(a->client, client, n + 1);
	hashtab_add(&budgets, &a->node, hash);
	return client_budget_ref(a);
}

struct client_budget *
client_budget_get(const char *ip)
{
	char client[GUARD_CLIENT_BYTES];

	return client_budget_named(ip != NULL ? guard_client(ip, client) : "");
}

/* A budget in debt is kept: its clients may close only to reconnect. */
static void
forget_paid_budgets(void)
{
	struct hashtab_node *node = NULL;
	int64_t now = mono_us();
	size_t slot;

	while ((node = hashtab_each(&budgets, &slot, node)) != NULL) {
		struct client_budget *a = HOLDER(node, struct client_budget, node);

		if (a->refs > 0 || a->paid_until_us > now)
			continue;
		hashtab_del(&budgets, node);
		free(a);
		node = NULL;		/* from the start: the table has changed */
	}
}

void
client_budget_put(struct client_budget **a)
{
	enum { FORGET_EVERY = 1024 };
	static unsigned puts;
	struct client_budget *gone = *a;

	*a = NULL;
	if (gone == NULL || --gone->refs > 0)
		return;
	if (gone->paid_until_us <= mono_us()) {
		hashtab_del(&budgets, &gone->node);
		free(gone);
	} else if (++puts % FORGET_EVERY == 0) {
		forget_paid_budgets();
	}
}

static int64_t
price_us(uint64_t bytes, int64_t rate)
{
	return (int64_t)(bytes * 1000000 / (uint64_t)rate);
}

static void
spend_budget(int64_t *paid_until_us, uint64_t bytes, int64_t rate, int64_t now_us)
{
	if (*paid_until_us < now_us)
		*paid_until_us = now_us;
	*paid_until_us += price_us(bytes, rate);
}

/* What the address may spend a second in this process. */
static int64_t
address_rate(void)
{
	return guard_share(conf.ws_address_input_rate, 1);
}

void
client_budget_charge(struct client_budget *a, struct allowance *own, uint64_t bytes)
{
	int64_t now = mono_us();

	if (!is_limited(a))
		return;
	if (own != NULL)
		spend_budget(&own->paid_until_us, bytes, conf.ws_input_rate, now);
	spend_budget(&a->paid_until_us, bytes, address_rate(), now);
}

bool
client_budget_may_spend(const struct client_budget *a, const struct allowance *own)
{
	int64_t now = mono_us(), burst = guard_share(conf.ws_address_input_burst, 0);

	if (!is_limited(a))
		return true;
	return a->paid_until_us - now <= price_us((uint64_t)burst, address_rate()) &&
	    (own == NULL || own->paid_until_us - now <= price_us((uint64_t)conf.ws_input_burst, conf.ws_input_rate));
}

bool
client_budget_opens(struct client_budget *a)
{
	int64_t most = conf.ws_address_connections > 0
	    ? guard_share(conf.ws_address_connections, 1) : (conf.ws_connections_max + 1) / 2;

	if (!is_limited(a))
		return true;
	if (a->sessions >= most || !client_budget_may_spend(a, NULL))
		return false;
	client_budget_charge(a, NULL, (uint64_t)conf.ws_open_cost);
	return true;
}

void
client_budget_begin(struct client_budget *a)
{
	a->sessions++;
}

void
client_budget_end(struct client_budget *a)
{
	a->sessions--;
}

bool
client_budget_hold(struct client_budget *a, int64_t bytes)
{
	a->held += bytes;
	return bytes <= 0 || !is_limited(a) || a->held <= guard_share(conf.ws_address_held_bytes, conf.ws_max_payload);
}
