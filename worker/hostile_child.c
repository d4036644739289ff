/* hostile_child.c -- somebody sends this process a TERM. See hostile_child.h. */
#include "hostile_child.h"

#ifdef HOSTILE
#include <signal.h>
#include <unistd.h>

#include "base/str.h"
#include "link/hostile_link.h"
#include "run/hostile.h"

enum { APART_MS = 8000 };	/* a process that dies young is not started again at once */

static int64_t last_ms;

static bool
tell_to_end(struct co *victim)
{
	int64_t now = mono_ms();

	(void)victim;
	if (now - last_ms < APART_MS)
		return false;
	last_ms = now;
	return kill(getpid(), SIGTERM) == 0;
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
