/* kafka.h -- Kafka as calls that yield. One producer and one consumer a process at most, opened in the child.
 *
 * Delivery: a message is acknowledged by all replicas, in order within its partition, or fails together with
 * everything behind it. A sender that retries starts at the first that failed, so the order is kept. Owns: librdkafka
 * (kafka_*.c; its threads never call into Dure). See: t/unit/kafka.c; LAB on the embedded broker.
 */
#ifndef LINK_KAFKA_H
#define LINK_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* Topics of the contract, with what `kafka init-topics` creates. */
struct kafka_topic {
	const char	*name;
	int		 partitions, replication;
	int64_t		 retention_ms;
	const char	*direction;	/* "in", "out", "in and out", as Dure sees it */
	const char	*key;		/* of its messages */
};
extern const struct kafka_topic kafka_topics[];	/* ends with a NULL name */

/* One header of a message; a NULL value is left out. */
struct kafka_header { const char *name, *value; };

struct kafka_message {		/* one incoming message; in the batch's memory until kafka_batch_free */
	const char	*topic;
	int32_t		 partition;
	int64_t		 offset;
	struct str	 key, value;	/* key.p NULL: none */
	const char	*message_id, *type, *traceparent;	/* headers; NULL when absent */
	int64_t		 timestamp_ms;
};

/* Whether librdkafka takes the KAFKA_PROP_* settings: how many it refuses, each a line "KAFKA_PROP_x_y: reason" in
 * `out`. Starts no thread. Does not yield. */
struct buf;
int	 kafka_conf_check(struct buf *out);
/* The bootstrap address: KAFKA_BROKERS, or the embedded broker's once it is there ("" until then). */
const char *kafka_brokers(struct arena *mem);
/* Whether the broker is Dure's own: in memory, on this host, for trying out. */
bool	 kafka_embedded(void);
/* Identifies the log that offsets belong to: the cluster's id, or the embedded broker's incarnation. Yields. E_DOWN. */
int	 kafka_cluster(struct arena *mem, const char **id);

/* Open the producer: idempotent, acks=all. Does not connect yet. What is not acknowledged within `give_up_ms` fails
 * with E_DOWN, and so does all that waits behind it. 0, or E_DOWN: no brokers known yet, or the settings are refused
 * (logged). */
int	 kafka_producer_open(int64_t give_up_ms);
/* Close it: wait `flush_ms` at most for what is under way, then fail the rest. Yields. */
void	 kafka_producer_close(int64_t flush_ms);
/* Fail everything under way now with E_DOWN: the broker is known to be gone. */
void	 kafka_producer_give_up(void);
/* Send one message, which is copied. `on_done(arg, rc)` is called in the loop once it is acknowledged (0) or failed:
 * E_DOWN, E_NOT_FOUND (no such topic), E_TOO_LARGE or E_VALIDATION (permanent). It must not yield and may be NULL. 0;
 * E_BUSY when the local queue is full; E_TOO_LARGE; E_DOWN when not open. */
int	 kafka_send(const char *topic, struct str key, struct str value, const struct kafka_header *h, size_t n_headers,
	    void (*on_done)(void *arg, int rc), void *arg);
/* As kafka_send, and wait for the acknowledgement. Yields. */
int	 kafka_produce(const char *topic, struct str key, struct str value, const struct kafka_header *h,
    size_t n_headers);

/* A place in a partition: an offset, the group's committed one (else the first), or the first there is. */
enum { KAFKA_FROM_GROUP = -1, KAFKA_FROM_START = -2 };
struct kafka_place {
	const char	*topic;
	int32_t		 partition;
	int64_t		 offset;
};
/* Consumer in group `group` of these topics. Both hooks run inside kafka_poll, in its coroutine, and may yield.
 * on_assign sets the start offsets, which come as KAFKA_FROM_GROUP. When it fails, kafka_poll returns its error and
 * calls it again the next time. May be NULL.
 * on_revoke: these partitions go to another consumer; finish what was polled from them. May be NULL.
 * The embedded broker serves this host alone: there all partitions are assigned at once, without a group to form. */
struct kafka_consumer_hooks {
	int	(*on_assign)(struct kafka_place *v, size_t n);
	void	(*on_revoke)(const struct kafka_place *v, size_t n);
};
/* 0 also when it is open already; a broken one is reopened. E_DOWN as kafka_producer_open. */
int	 kafka_consumer_open(const char *group, const char *const *topics, size_t n,
    const struct kafka_consumer_hooks *hooks);
/* Leave the group, so that other members take over at once. Yields for `limit_ms` at most. */
void	 kafka_consumer_close(int64_t limit_ms);
/* Forget the position: on_assign is asked again for everything assigned, before the next message. */
void	 kafka_rewind(void);
/* The next messages, which are those that have arrived: at least one, at most `max`, and no more once they have
 * `max_bytes`; waits up to `wait_ms` for the first. Yields. 0 with *n = 0 when none came; E_DOWN when not open or
 * broken (open it again), E_CANCELED, E_TIMEOUT, or what on_assign said. */
struct kafka_batch;
int	 kafka_poll(struct kafka_batch **b, struct kafka_message **m, size_t *n, size_t max, size_t max_bytes,
    int64_t wait_ms);
void	 kafka_batch_free(struct kafka_batch **b);
/* Commit to the group that everything before these offsets is done. Asynchronous. */
void	 kafka_commit(const struct kafka_place *v, size_t n);
/* Messages between what was polled here and the end of the assigned partitions; `each`, unless NULL, is called with
 * the lag of each of them. Does not yield. */
int64_t	 kafka_lag(void (*each)(const char *topic, int32_t partition, int64_t lag));
/* Whether the brokers answered the last time something was asked of them; if not, what librdkafka had to say (NULL:
 * nothing). */
bool	 kafka_up(void);
const char *kafka_why_down(void);

/* The cluster as it is: brokers, and topics but for Kafka's own. */
struct kafka_view {
	size_t		 n_brokers, n_topics;
	struct kafka_broker { int32_t id; const char *host; int port; } *brokers;
	struct kafka_held { const char *name; int partitions, replication; } *topics;
};
/* Ask for it; in `mem`. Yields. E_DOWN. */
int	 kafka_look(struct arena *mem, struct kafka_view *v);
/* The first offset held of each of these partitions, and the one behind the last; -1 where its broker does not say.
 * Yields. E_DOWN. */
struct kafka_extent {
	const char	*topic;
	int32_t		 partition;
	int64_t		 begin, end;
};
int	 kafka_extents(struct kafka_extent *v, size_t n);

#endif
