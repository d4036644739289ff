/* broker.c -- dure: broker. A Kafka of Dure's own (KAFKA_BROKERS=embedded), so that trying out needs none.
 *
 * It holds about 5 MB a partition in memory and forgets on exit; a new one is a new incarnation, told through the
 * scoreboard, and everything that spoke with the old one starts again with it. What was under way is sent again from
 * the tables. Not for production.
 */
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "link/kafka_mock.h"
#include "worker/child.h"

static struct kafka_mock *cluster;

/* The first says that the bell works; after that, what may add to a topic. On the cluster's thread. */
static void
on_request(const char *api)
{
	static bool tried;

	if (!tried || strcmp(api, "Produce") == 0)
		scoreboard_ring();
	tried = true;
}

static int
broker_start(const struct child_sockets *s, int index)
{
	(void)s;
	(void)index;
	if ((cluster = kafka_mock_new(1, on_request)) == NULL)
		return E_INTERNAL;
	scoreboard_set_broker(kafka_mock_bootstrap(cluster));
	log_info("embedded broker", JS("address", kafka_mock_bootstrap(cluster)));
	return 0;
}

const struct child_role broker_role = { .name = "broker", .links = 0, .start = broker_start, .drain = NULL };
