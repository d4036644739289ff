/* intake.c -- the limit that the bridge's way in is measured against: a bare librdkafka consumer that only inserts.
 *
 * intake BROKERS DATABASE-URL N: read N messages of realtime-status from the start, insert each into bench_intake, 500
 * a transaction, the place of each partition with them. Prints messages a second, from the first message to the last
 * commit.
 */
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 500, PARTITIONS = 5 };

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
run(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		fprintf(stderr, "%s: %s", sql, PQerrorMessage(pg));
		exit(1);
	}
	PQclear(r);
}

static void
insert(PGconn *pg, const rd_kafka_message_t *m)
{
	char partition[16], at[32], key[64], value[4096];
	const char *args[] = { rd_kafka_topic_name(m->rkt), partition, at, key, value };
	PGresult *r;

	snprintf(partition, sizeof(partition), "%d", m->partition);
	snprintf(at, sizeof(at), "%lld", (long long)m->offset);
	snprintf(key, sizeof(key), "%.*s", (int)m->key_len, (const char *)m->key);
	snprintf(value, sizeof(value), "%.*s", (int)m->len, (const char *)m->payload);
	r = PQexecPrepared(pg, "add", 5, args, NULL, NULL, 0);
	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		fprintf(stderr, "%s", PQerrorMessage(pg));
		exit(1);
	}
	PQclear(r);
}

int
main(int argc, char **argv)
{
	rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
	rd_kafka_conf_t *c = rd_kafka_conf_new();
	rd_kafka_message_t *v[BATCH];
	double began = 0;
	long n = 0, wanted;
	rd_kafka_queue_t *queue;
	rd_kafka_t *rk;
	char why[256];
	PGconn *pg;
	ssize_t got, i;

	if (argc != 4)
		return 2;
	wanted = atol(argv[3]);
	pg = PQconnectdb(argv[2]);
	PQclear(PQprepare(pg, "add", "INSERT INTO bench_intake VALUES ($1, $2, $3, $4, $5)", 5, NULL));
	rd_kafka_conf_set(c, "bootstrap.servers", argv[1], NULL, 0);
	rd_kafka_conf_set(c, "group.id", "bench", NULL, 0);
	if ((rk = rd_kafka_new(RD_KAFKA_CONSUMER, c, why, sizeof(why))) == NULL)
		return 1;
	rd_kafka_poll_set_consumer(rk);
	rd_kafka_topic_partition_list_add_range(all, "realtime-status", 0, PARTITIONS - 1);
	for (i = 0; i < all->cnt; i++)
		all->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(rk, all);
	queue = rd_kafka_queue_get_consumer(rk);
	while (n < wanted) {
		got = rd_kafka_consume_batch_queue(queue, 100, v, BATCH);
		if (got <= 0)
			continue;
		if (n == 0)
			began = now_s();
		run(pg, "BEGIN");
		for (i = 0; i < got; i++) {
			if (v[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
				insert(pg, v[i]);
				n++;
			}
			rd_kafka_message_destroy(v[i]);
		}
		run(pg, "COMMIT");
	}
	printf("%.0f\n", (double)n / (now_s() - began));
	return 0;
}
