/* broker_watch.c -- see broker_watch.h. */
#include "broker_watch.h"

#include "base/log.h"
#include "child.h"
#include "link/kafka.h"
#include "run/loop.h"

enum { EVERY_MS = 200 };

static struct loop_timer timer;
static int64_t known;		/* incarnation first seen; 0: none yet */
static bool watching;

static int64_t
incarnation_now(void)
{
	char address[BROKER_ADDRESS_BYTES];
	int64_t incarnation;

	scoreboard_broker(address, &incarnation);
	return incarnation;
}

static void
on_look(struct loop_timer *t)
{
	int64_t now = incarnation_now();

	(void)t;
	if (known == 0)
		known = now;
	if (now == known || now == 0)
		return;
	log_info("the embedded broker was replaced");
	child_stop();
}

void
broker_watch_start(void)
{
	if (!kafka_embedded())
		return;
	watching = true;
	loop_timer_init(&timer, on_look, NULL);
	loop_timer_start(&timer, 0, EVERY_MS);
}

void
broker_watch_stop(void)
{
	if (!watching)
		return;
	loop_timer_stop(&timer);
	if (known != 0 && incarnation_now() != known)
		kafka_producer_give_up();
}
