/* kafka_mock.h -- a Kafka cluster in this process's memory, for trying out and for tests.
 *
 * It answers a Fetch that finds nothing when the time asked for is over, whatever comes meanwhile: hence on_request. It
 * speaks the protocol on loopback to any client (produce, fetch, groups, commits), holds about 5 MB a partition, drops
 * the oldest beyond that, and forgets everything when the process ends. Owns: rdkafka_mock.h.
 */
#ifndef LINK_KAFKA_MOCK_H
#define LINK_KAFKA_MOCK_H

struct kafka_mock;

/* Start `brokers` brokers on free ports with the topics of kafka_topics[]. NULL (logged) when that fails.
 * `on_request(api)`, on the cluster's own thread: a request of this kind ("Produce", "Fetch", ...) has come and is
 * about to be served; may be NULL. */
struct kafka_mock *kafka_mock_new(int brokers, void (*on_request)(const char *api));
void	 kafka_mock_free(struct kafka_mock **m);
/* "127.0.0.1:39001,…"; lives as long as the cluster. */
const char *kafka_mock_bootstrap(const struct kafka_mock *m);
/* Let every broker be unreachable, or reachable again (what was stored stays). */
void	 kafka_mock_down(struct kafka_mock *m);
void	 kafka_mock_up(struct kafka_mock *m);

#endif
