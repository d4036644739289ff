/* client_budget.c -- what the clients of one address cost. See account.h. */
#include "client_budget.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/metric.h"
#include "base/str.h"
#include "worker/domain/identity/guard.h"

static struct hashtab accounts;

static bool
is_limited(const struct account *a)
{
	return conf.rate_limit && *a->client != '\0';
}

struct account *
account_ref(struct account *a)
{
	a->refs++;
	return a;
}

struct account *
account_named(const char *client)
{
	size_t n = strlen(client);
	uint64_t hash = hash_keyed(client, n);
	struct hashtab_node *node = NULL;
	struct account *a;

	while ((node = hashtab_find(&accounts, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct account, node)->client, client) == 0)
			return account_ref(HOLDER(node, struct account, node));
	if ((a = calloc(1, sizeof(*a) + n + 1)) == NULL)
		abort();
	memcpy(a->client, client, n + 1);
	hashtab_add(&accounts, &a->node, hash);
	return account_ref(a);
}

struct account *
account_get(const char *ip)
{
	char client[GUARD_CLIENT_BYTES];

	return account_named(ip != NULL ? guard_client(ip, client) : "");
}

/* One that still has something to pay for is kept in mind: its clients may have closed only to come again. */
static void
forget_paid(void)
{
	struct hashtab_node *node = NULL;
	int64_t now = mono_us();
	size_t slot;

	while ((node = hashtab_each(&accounts, &slot, node)) != NULL) {
		struct account *a = HOLDER(node, struct account, node);

		if (a->refs > 0 || a->paid_until_us > now)
			continue;
		hashtab_del(&accounts, node);
		free(a);
		node = NULL;		/* from the start: the table has changed */
	}
}

void
account_put(struct account **a)
{
	enum { FORGET_EVERY = 1024 };
	static unsigned puts;
	struct account *gone = *a;

	*a = NULL;
	if (gone == NULL || --gone->refs > 0)
		return;
	if (gone->paid_until_us <= mono_us()) {
		hashtab_del(&accounts, &gone->node);
		free(gone);
	} else if (++puts % FORGET_EVERY == 0) {
		forget_paid();
	}
}

static int64_t
price_us(uint64_t bytes, int64_t rate)
{
	return (int64_t)(bytes * 1000000 / (uint64_t)rate);
}

static void
spend(int64_t *paid_until_us, uint64_t bytes, int64_t rate, int64_t now_us)
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
account_charge(struct account *a, struct allowance *own, uint64_t bytes)
{
	int64_t now = mono_us();

	if (!is_limited(a))
		return;
	if (own != NULL)
		spend(&own->paid_until_us, bytes, conf.ws_input_rate, now);
	spend(&a->paid_until_us, bytes, address_rate(), now);
}

bool
account_may_spend(const struct account *a, const struct allowance *own)
{
	int64_t now = mono_us(), burst = guard_share(conf.ws_address_input_burst, 0);

	if (!is_limited(a))
		return true;
	return a->paid_until_us - now <= price_us((uint64_t)burst, address_rate()) &&
	    (own == NULL || own->paid_until_us - now <= price_us((uint64_t)conf.ws_input_burst, conf.ws_input_rate));
}

bool
account_opens(struct account *a)
{
	int64_t most = conf.ws_address_connections > 0 ? guard_share(conf.ws_address_connections, 1)
	    : (conf.ws_connections_max + 1) / 2;

	if (!is_limited(a))
		return true;
	if (a->sessions >= most || !account_may_spend(a, NULL))
		return false;
	account_charge(a, NULL, (uint64_t)conf.ws_open_cost);
	return true;
}

void
account_begin(struct account *a)
{
	a->sessions++;
}

void
account_end(struct account *a)
{
	a->sessions--;
}

bool
account_hold(struct account *a, int64_t bytes)
{
	a->held += bytes;
	return bytes <= 0 || !is_limited(a) || a->held <= guard_share(conf.ws_address_held_bytes, conf.ws_max_payload);
}
