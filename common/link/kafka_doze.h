/* kafka_doze.h -- long polling on the embedded broker, by a signal.
 *
 * The embedded broker cannot hold a Fetch until there is something, so a consumer has to ask every two milliseconds:
 * fast, but a tenth of a processor while idle. An idle consumer therefore dozes: it pauses its partitions, and the
 * broker's bell (scoreboard_ring), rung by any producer's request, wakes it. Where the bell has never rung, no
 * consumer dozes. Only kafka_*.c include this file.
 */
#ifndef LINK_KAFKA_DOZE_H
#define LINK_KAFKA_DOZE_H

#include "kafka_impl.h"

/* Begin, awake, for the consumer that has `assigned` now (kept; may change while awake); before rd_kafka_assign of
 * `assign`, to which it adds what it needs. Nothing happens unless the broker is embedded. */
void	 kafka_doze_begin(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *assigned,
    rd_kafka_topic_partition_list_t *assign);
/* The consumer is about to close. */
void	 kafka_doze_end(void);
/* Something came or was moved: stay awake for a while. */
void	 kafka_doze_stir(void);
/* Doze off or look up where it is time. How long to wait at most before asking again, ms. */
int64_t	 kafka_doze_turn(void);

#endif
