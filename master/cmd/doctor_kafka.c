/* doctor_kafka.c -- the probe of Kafka: brokers, topics, replicas, lag. See doctor.h. */
#include "base/conf.h"
#include "base/str.h"
#include "doctor.h"
#include "link/kafka_admin.h"

enum { REACH_MS = 4000 };

static const struct check topics_missing = { .name = "kafka.topics", .warn = NEVER, .fail = 1,
    .message = "Topics are missing",
    .advice = "dure kafka init-topics creates them",
    .heading = "Kafka is gone" };
static const struct check replicas_missing = { .name = "kafka.replicas", .warn = 1, .fail = NEVER,
    .message = "A partition lacks replicas",
    .advice = "Bring the missing broker back: with acks=all one more loss may stop the writes",
    .heading = "Kafka is gone" };
static const struct check lag = { .name = "kafka.lag", .warn = 10000, .fail = 1000000,
    .message = "The bridge is behind",
    .advice = "dure kafka lag shows the partitions; more hosts share them\nIf it stands still, dure logs "
	"--service kafka has the reason",
    .heading = "The bridge is behind" };

void
doctor_kafka(struct doctor *d)
{
	int64_t left_ms = d->until_ms - mono_ms();
	struct kafka_probe p;

	if (kafka_admin_probe(&p, conf.kafka_group_id, (int)(left_ms < REACH_MS ? left_ms : REACH_MS)) < 0) {
		doctor_connection(d, -1, p.why);
		return;
	}
	doctor_connection(d, p.latency_ms, NULL);
	if (*p.missing != '\0')
		doctor_judge(d, &topics_missing, 1, p.missing);
	if (*p.weak != '\0')
		doctor_judge(d, &replicas_missing, 1, p.weak);
	doctor_judge(d, &lag, (double)p.lag, arena_printf(&d->mem, "%lld messages, %s", (long long)p.lag, p.behind));
}
