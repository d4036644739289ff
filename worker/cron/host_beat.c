/* host_beat.c -- see host_beat.h. */
#include "host_beat.h"

#include "run/loop.h"
#include "worker/domain/ops/host_list.h"

enum { FIRST_MS = 500, BEAT_MS = 10000 };

static struct loop_timer timer;

static void
on_beat(struct loop_timer *t)
{
	(void)t;
	host_list_beat();
}

void
host_beat_start(void)
{
	loop_timer_init(&timer, on_beat, NULL);
	loop_timer_start(&timer, FIRST_MS, BEAT_MS);
}
