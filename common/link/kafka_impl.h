/* kafka_impl.h -- what the files of link/kafka share: one librdkafka client, its events, and blocking calls.
 *
 * librdkafka runs threads of its own, which never call into Dure: all events (deliveries, messages, rebalances,
 * errors, log lines) wait in the client's queue, and an eventfd wakes the loop. Only kafka_*.c include this file.
 */
#ifndef LINK_KAFKA_IMPL_H
#define LINK_KAFKA_IMPL_H

#include <librdkafka/rdkafka.h>

#include "base/log.h"
#include "kafka.h"
#include "run/loop.h"

/* A topic of the embedded broker that stays empty, for kafka_doze.c. */
#define KAFKA_WAKE_TOPIC "__dure-wake"

struct kafka_client {
	rd_kafka_t	*rk;
	rd_kafka_queue_t *queue;	/* everything for us, see on_ready */
	void		(*on_ready)(struct kafka_client *c);	/* the queue may have events; NULL: no callback */
	struct loop_io	 io;
	int		 event_fd;
	int		 calls;		/* blocking calls under way on threads */
	/* closed meanwhile: called after the last of them; else NULL */
	void		(*on_idle)(struct kafka_client *c);
};

/* A client connected to kafka_brokers(), set up from conf; `group` NULL makes a producer, else a consumer. NULL
 * (logged) when there are no brokers yet or the configuration is refused. */
struct kafka_client *kafka_client_open(const char *group, void (*on_ready)(struct kafka_client *c));
/* Close the client: no more events; librdkafka cleans up on a thread. Nulls the pointer. */
void	 kafka_client_close(struct kafka_client **c);
/* Handles an event that is the same for every client (error, log line). True when the client is broken for good. */
bool	 kafka_client_event(struct kafka_client *c, rd_kafka_event_t *ev);
/* An open client for questions about the cluster; NULL when there is none. */
struct kafka_client *kafka_client_any(void);

/* Note that the brokers answered or did not, for kafka_up. */
void	 kafka_note_up(bool up);

/* Run fn(rk, arg) on a thread, where it may block; `arg` (of `bytes`) is copied in and, when it returned, back out.
 * Yields. What fn returned, or E_TIMEOUT, E_CANCELED: then fn ends unheeded and must have put nothing into arg that
 * needs freeing, except through `drop`, called on the copy in that case (may be NULL). */
int	 kafka_call(struct kafka_client *c, int (*fn)(rd_kafka_t *rk, void *arg), void (*drop)(void *arg), void *arg,
    size_t bytes);
/* Destroy the handle on a thread and forget it. */
void	 kafka_destroy_later(rd_kafka_t *rk, rd_kafka_queue_t *queue);

/* A configuration for any kind of client, from conf: brokers, client id, TLS, SASL. NULL (logged) when refused. */
rd_kafka_conf_t *kafka_conf_new(void);
/* One setting; then, last, those of KAFKA_PROP_*. False (logged) when refused. */
bool	 kafka_conf_set(rd_kafka_conf_t *c, const char *key, const char *value);
bool	 kafka_conf_props(rd_kafka_conf_t *c);

/* librdkafka's error as one of ours. */
int	 kafka_rc(rd_kafka_resp_err_t err);

/* How much this fault says about its cause: a broker that was reached and refused us says more (2) than an address
 * where nobody listens (1), and that more than that all are down (0). */
int kafka_telling(rd_kafka_resp_err_t err);

#endif
