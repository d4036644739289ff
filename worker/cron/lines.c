/* lines.c -- see lines.h. */
#include "lines.h"

#include <unistd.h>

#include "proc/journal.h"
#include "run/loop.h"
#include "worker/domain/ops/app_log.h"

enum { READ_MAX = 64 };		/* lines per turn of the loop */

static struct loop_io input;

static void
on_ready(struct loop_io *io, int events)
{
	char line[JOURNAL_LINE_MAX];
	ssize_t n;
	int i;

	(void)events;
	for (i = 0; i < READ_MAX && (n = read(io->fd, line, sizeof(line))) > 0; i++)
		app_log_add(line, (size_t)n);
}

void
lines_start(void)
{
	if (journal_fd() < 0)
		return;
	loop_io_init(&input, journal_fd(), on_ready, NULL);
	loop_io_watch(&input, LOOP_READ);
}

void
lines_stop(void)
{
	if (journal_fd() >= 0)
		loop_io_watch(&input, 0);
	app_log_flush();
}
