/* hostile_child.c -- this process has to end: it is too large, say. See hostile_child.h. */
#include "hostile_child.h"

#ifdef HOSTILE
#include "base/str.h"
#include "child.h"
#include "link/hostile_link.h"
#include "run/hostile.h"

enum { APART_MS = 8000 };	/* a process that dies young is not started again at once */

static int64_t last_ms;

static bool
tell_to_end(struct co *victim)
{
	int64_t now = mono_ms();

	(void)victim;
	if (now - last_ms < APART_MS || child_stopping())
		return false;
	last_ms = now;
	child_stop();
	return true;
}

static const struct calamity calamities[] = {
	{ "process is told to end", 1, tell_to_end },
	{ NULL, 0, NULL },
};

void
hostile_child(const char *process)
{
	last_ms = mono_ms();
	hostile_start(process);
	hostile_enlist(calamities);
	hostile_link();
}
#endif
