/* bridge.c -- dure: kafka. Four coroutines: outbox to topics (drain.c), topics to effects (intake.c), Redis channels
 * to effects (channels.c), status report (status.c).
 *
 * It starts with or without Kafka, PostgreSQL and Redis, and waits for what is missing.
 */
#include "channels.h"
#include "drain.h"
#include "intake.h"
#include "link/kafka.h"
#include "run/co.h"
#include "status.h"
#include "worker/broker_watch.h"
#include "worker/child.h"
#include "worker/domain/analysis/analysis_pace.h"

enum { FLUSH_MS = 5000, LEAVE_MS = 3000 };

static struct co_group work;

static void
run_part(void *fn)
{
	(*(void (*const *)(void))fn)();
}

static int
bridge_start(const struct child_sockets *s, int index)
{
	static void (*const parts[])(void) = { drain_run, intake_run, channels_run, status_run };
	size_t i;

	(void)s;
	(void)index;
	broker_watch_start();
	analysis_pace_start();
	for (i = 0; i < NELEM(parts); i++)
		co_group_spawn(&work, run_part, (void *)(uintptr_t)&parts[i], 0);
	return 0;
}

static void
bridge_drain(void)
{
	broker_watch_stop();
	drain_stop();
	channels_stop();
	status_stop();
	co_group_wait(&work);
	kafka_consumer_close(LEAVE_MS);
	kafka_producer_close(FLUSH_MS);
}

const struct child_role kafka_role = { .name = "kafka", .links = LINK_PG | LINK_REDIS | LINK_KAFKA,
    .start = bridge_start, .drain = bridge_drain };
