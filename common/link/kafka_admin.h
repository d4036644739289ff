/* kafka_admin.h -- the command line's questions to a cluster. These block: never call them from a process with a loop.
 *
 * Each connects for itself by conf (KAFKA_BROKERS must be an address), writes for a person to read, and returns 0,
 * E_DOWN when no broker answers, or E_NOT_FOUND for an unknown topic, said on `out`.
 */
#ifndef LINK_KAFKA_ADMIN_H
#define LINK_KAFKA_ADMIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Create the topics of kafka_topics[] that are missing, with no more replicas than there are brokers. */
int	 kafka_admin_init(FILE *out);
/* Brokers; topics with partitions, replicas and messages held. */
int	 kafka_admin_topics(FILE *out);
/* Where the group is in each partition of kafka_topics[], and how far behind. */
int	 kafka_admin_lag(FILE *out, const char *group);
/* The state of the cluster for `dure doctor`. 0; E_DOWN with `why` when no broker answers within `limit_ms`. */
struct kafka_probe {
	char	 why[256];
	double	 latency_ms;		/* of a question about the topics, once connected */
	int	 brokers;
	char	 missing[512];		/* topics of kafka_topics[] that are not there, comma-separated; "" for none */
	char	 weak[256];		/* the first partition with fewer replicas in sync than it has; "" for none */
	int64_t	 lag;			/* of `group`, over all partitions; -1: not known */
	char	 behind[128];		/* the topic that is furthest behind; "" for none */
};
int	 kafka_admin_probe(struct kafka_probe *p, const char *group, int limit_ms);
/* Print messages of a topic, the last `last` of each partition first, then as they come until *stop. */
int	 kafka_admin_tail(FILE *out, const char *topic, int last, const volatile bool *stop);

#endif
