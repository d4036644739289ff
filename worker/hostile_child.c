/* hostile_child.c -- draws the order to end, at most one in APART_MS. See hostile_child.h. */
#include "hostile_child.h"

#ifdef HOSTILE
#include "base/str.h"
#include "link/hostile_link.h"
#include "run/hostile.h"

enum { APART_MS = 8000 };	/* a process that dies young is not started again at once */

static int64_t last_ms;
static bool (*stop_process)(void);

static bool
tell_to_end(struct co *victim)
{
	int64_t now = mono_ms();

	(void)victim;
	if (now - last_ms < APART_MS || !stop_process())
		return false;
	last_ms = now;
	return true;
}

static const struct calamity calamities[] = {
	{ "process is told to end", 1, tell_to_end },
	{ NULL, 0, NULL },
};

void
hostile_child(const char *process, bool (*stop)(void))
{
	last_ms = mono_ms();
	stop_process = stop;
	hostile_start(process);
	hostile_enlist(co_calamities);
	hostile_enlist(calamities);
	hostile_link();
}
#endif
