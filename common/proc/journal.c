/* journal.c -- see journal.h. Does not yield. */
#include "journal.h"

#include <string.h>
#include <sys/socket.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/metric.h"

enum { DROPPED = 1 };		/* cell of M_APP_LOGS */
enum { RESERVE_S = 10, BUFFER_BYTES = 1 << 20 };

static int ends[2] = { -1, -1 };	/* read, write */

/* A bucket of APP_LOGS_RATE thousandths of a line a millisecond. */
static bool
take_allowance(void)
{
	static int64_t left, filled_ms;
	int64_t now = mono_ms(), full = conf.app_logs_rate * RESERVE_S * 1000;

	left = filled_ms == 0 || now - filled_ms >= RESERVE_S * 1000
	    ? full : left + (now - filled_ms) * conf.app_logs_rate;
	filled_ms = now;
	if (left > full)
		left = full;
	if (left < 1000)
		return false;
	left -= 1000;
	return true;
}

static bool
is_wanted(enum log_level level, const char *msg)
{
	enum log_level least;

	/* What concerns security has a table of its own, from which people are erased. */
	return log_level_parse(conf.app_logs_level, &least) && level >= least && strcmp(msg, "security") != 0;
}

static void
on_line(enum log_level level, const char *msg, const char *line, size_t n)
{
	if (!is_wanted(level, msg))
		return;
	if (n > JOURNAL_LINE_MAX || !take_allowance() || send(ends[1], line, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		metric_add(M_APP_LOGS, DROPPED, 1);
}

void
journal_open(void)
{
	int size = BUFFER_BYTES;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
		ends[0] = ends[1] = -1;
		return;
	}
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));	/* as much of it as the system grants */
	log_tap(on_line);
}

bool
journal_keeps(int fd)
{
	return fd >= 0 && (fd == ends[0] || fd == ends[1]);
}

int
journal_fd(void)
{
	return ends[0];
}
