/* kafka_doze.c -- see kafka_doze.h.
 *
 * A process dozes off when it has received nothing since the last ring for QUIET_MS, in which it asked a hundred
 * times. The machine may stall for that long, so it still polls now and then. librdkafka's fetching thread
 * does not notice that partitions are resumed, but it does notice a seek: an empty partition of our own can be sought
 * without losing a position.
 */
#include "kafka_doze.h"

#include "proc/scoreboard.h"

enum { QUIET_MS = 250, LOOK_EVERY_MS = 5000, LOOK_MS = 20 };

static struct {
	rd_kafka_t	*rk;		/* NULL: dozing is not allowed */
	const rd_kafka_topic_partition_list_t *assigned;
	bool		 dozing;
	uint64_t	 rung;		/* rings that were answered */
	int64_t		 next_ms;	/* when to doze off, or to poll */
} doze;

/* The partitions to pause and resume; the caller destroys the list. */
static rd_kafka_topic_partition_list_t *
partitions(void)
{
	rd_kafka_topic_partition_list_t *v = rd_kafka_topic_partition_list_copy(doze.assigned);

	rd_kafka_topic_partition_list_add(v, KAFKA_WAKE_TOPIC, 0)->offset = 0;
	return v;
}

static void
wake_up(int64_t for_ms)
{
	rd_kafka_topic_partition_list_t *v = partitions(), *wake = rd_kafka_topic_partition_list_new(1);
	rd_kafka_error_t *error;

	scoreboard_listen(false);
	doze.rung = scoreboard_rung();
	doze.dozing = false;
	doze.next_ms = mono_ms() + for_ms;
	rd_kafka_resume_partitions(doze.rk, v);
	rd_kafka_topic_partition_list_add(wake, KAFKA_WAKE_TOPIC, 0)->offset = 0;
	if ((error = rd_kafka_seek_partitions(doze.rk, wake, 0)) != NULL)
		rd_kafka_error_destroy(error);
	rd_kafka_topic_partition_list_destroy(wake);
	rd_kafka_topic_partition_list_destroy(v);
}

static void
doze_off(void)
{
	rd_kafka_topic_partition_list_t *v = partitions();

	rd_kafka_pause_partitions(doze.rk, v);
	rd_kafka_topic_partition_list_destroy(v);
	doze.dozing = true;
	doze.next_ms = mono_ms() + LOOK_EVERY_MS;
	scoreboard_listen(true);
	if (scoreboard_rung() != doze.rung)	/* a ring arrived just before we listened */
		wake_up(QUIET_MS);
}

static void
on_bell(int signo, void *arg)
{
	(void)signo, (void)arg;
	if (doze.dozing)
		wake_up(QUIET_MS);
}

void
kafka_doze_begin(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *assigned,
    rd_kafka_topic_partition_list_t *assign)
{
	static bool hears;

	if (!kafka_embedded())
		return;
	if (!hears)
		loop_signal(BELL_SIGNAL, on_bell, NULL);
	hears = true;
	doze.rk = rk;
	doze.assigned = assigned;
	rd_kafka_topic_partition_list_add(assign, KAFKA_WAKE_TOPIC, 0)->offset = 0;
	kafka_doze_stir();
}

void
kafka_doze_end(void)
{
	if (doze.dozing)
		scoreboard_listen(false);
	doze.rk = NULL;
	doze.dozing = false;
}

void
kafka_doze_stir(void)
{
	if (doze.rk == NULL)
		return;
	if (doze.dozing)
		wake_up(QUIET_MS);
	doze.next_ms = mono_ms() + QUIET_MS;
}

int64_t
kafka_doze_turn(void)
{
	uint64_t rung = scoreboard_rung();
	int64_t left;

	if (doze.rk == NULL || rung == 0)
		return INT64_MAX;
	if (rung != doze.rung) {
		doze.rung = rung;
		kafka_doze_stir();
	}
	if ((left = doze.next_ms - mono_ms()) > 0)
		return left;
	if (doze.dozing)
		wake_up(LOOK_MS);
	else
		doze_off();
	return doze.next_ms - mono_ms();
}
