/* broker.c -- dure: broker. An embedded Kafka (KAFKA_BROKERS=embedded), so that trying Dure needs no cluster.
 *
 * It holds about 5 MB per partition in memory and loses them on exit. A restart is a new incarnation, announced
 * through the scoreboard: all clients reconnect, and requests in flight are sent again from the tables. Not for
 * production.
 */
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "link/kafka_mock.h"
#include "worker/child.h"

static struct kafka_mock *cluster;

/* The first call shows that the wake-up works; after that only requests that may add to a topic matter. Runs on the
 * cluster's thread. */
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
