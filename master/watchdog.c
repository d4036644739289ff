/* watchdog.c -- heartbeat, memory, time limits, and the broker that others depend on. See watchdog.h. */
#include "watchdog.h"

#include <stdint.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "roll.h"
#include "seats.h"
#include "stop.h"

enum { ASLEEP_MS = 2500, RETRY_MS = 30000 };

static int64_t looked_ms, awake_since_ms;

/* After a pause of the master itself (stopped, or the machine slept) the silence of its children proves nothing. */
static void
notice_own_pause(int64_t now)
{
	if (now - looked_ms > ASLEEP_MS)
		awake_since_ms = now;
	looked_ms = now;
}

static void
check_heartbeat(struct child *c, int64_t now)
{
	const struct slot *slot = scoreboard_slot(c->slot);
	int64_t last = __atomic_load_n(&slot->heartbeat_ms, __ATOMIC_RELAXED);

	last = last > awake_since_ms ? last : awake_since_ms;
	if (now - last <= conf.heartbeat_timeout_ms || c->killed)
		return;
	log_error("process is silent, killing it", JS("process", slot->title), JI("child", c->pid),
	    JI("silentMs", now - last));
	stop_kill(c);
}

static void
check_limit(struct child *c, int64_t now)
{
	if (c->kill_ms == 0 || now < c->kill_ms || c->killed)
		return;
	log_error("process does not stop, killing it", JS("process", scoreboard_slot(c->slot)->title),
	    JI("child", c->pid));
	stop_kill(c);
}

static void
check_memory(struct child *c, int64_t now)
{
	int64_t rss = (int64_t)scoreboard_metrics(c->slot)[metric_row(M_RSS)->first];
	struct seat *s = c->seat;

	if (conf.max_memory_restart == 0 || rss < conf.max_memory_restart || s == NULL || s->now != c || s->due ||
	    now < s->retry_ms || c->kill_ms != 0)
		return;
	log_warn("process is too large, replacing it", JS("process", scoreboard_slot(c->slot)->title),
	    JI("child", c->pid), JI("bytes", rss));
	s->retry_ms = now + RETRY_MS;	/* should its successor fail */
	if (c->row->keep)
		stop_ask(c);		/* two of them at once would be wrong */
	else
		roll_seat(s);
}

static void
check_broker(struct child *c, int64_t broker)
{
	if (c->row->follows != PROC_BROKER || broker == 0)
		return;
	if (c->broker == 0)
		c->broker = broker;
	if (c->broker == broker || c->kill_ms != 0)
		return;
	log_info("the embedded broker was replaced, restarting", JS("process", scoreboard_slot(c->slot)->title));
	stop_ask(c);
}

void
watchdog_check_children(void)
{
	char address[BROKER_ADDRESS_BYTES];
	int64_t now = mono_ms(), broker;
	struct child *c;

	notice_own_pause(now);
	scoreboard_broker(address, &broker);
	for (c = children_next(NULL); c != NULL; c = children_next(c)) {
		check_heartbeat(c, now);
		check_limit(c, now);
		check_memory(c, now);
		check_broker(c, broker);
	}
}
