/* quarantine.c -- alerts operators of quarantined processes. See quarantine.h. Every host does it for itself, hence
 * not as a job under a lock. */
#include "quarantine.h"

#include "proc/scoreboard.h"
#include "run/loop.h"
#include "worker/domain/core/audit.h"

enum { LOOK_MS = 1000 };

static struct loop_timer timer;

static void
on_quarantine_timer(struct loop_timer *t)
{
	int i;

	(void)t;
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		struct slot *s = scoreboard_slot(i);

		if (s->state != SLOT_DEAD || s->quarantined_ms == 0 || s->quarantine_reported)
			continue;
		s->quarantine_reported = true;
		AUDIT("process_quarantined", NULL, NULL, JS("process", s->title), JI("restarts", s->restarts),
		    JT("since", s->quarantined_ms));
	}
}

void
quarantine_watch(void)
{
	loop_timer_init(&timer, on_quarantine_timer, NULL);
	loop_timer_start(&timer, LOOK_MS, LOOK_MS);
}
