/* service_record.c -- see service_record.h. Twice a minute, so that no minute is left out. */
#include "service_record.h"

#include "run/co.h"
#include "run/loop.h"
#include "worker/domain/ops/service_day.h"

enum { FIRST_MS = 2000, EVERY_MS = 30000, LIMIT_MS = 10000 };

static struct loop_timer timer;
static struct co_group records;

static void
record(void *arg)
{
	(void)arg;
	(void)service_day_record();	/* a failure is counted by the link; the next record has it all */
}

static void
on_record_timer(struct loop_timer *t)
{
	(void)t;
	if (records.live == 0)
		co_group_spawn(&records, record, NULL, LIMIT_MS);
}

void
service_record_start(void)
{
	service_day_start();
	loop_timer_init(&timer, on_record_timer, NULL);
	loop_timer_start(&timer, FIRST_MS, EVERY_MS);
}

void
service_record_stop(void)
{
	loop_timer_stop(&timer);
	co_group_wait(&records);
	(void)service_day_record();
}
