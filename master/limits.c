/* limits.c -- resource limits. See limits.h. */
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"

enum { OWN_FILES = 256 };	/* links, logs, listening sockets, connections between processes */

void
limits_files(void)
{
	int64_t need = (conf.ws_connections_max > conf.http_connections_max
	    ? conf.ws_connections_max : conf.http_connections_max) + conf.db_pool_max + OWN_FILES;
	struct rlimit r, more;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	more = (struct rlimit){ r.rlim_max > (rlim_t)need ? r.rlim_max : (rlim_t)need, r.rlim_max > (rlim_t)need
	    ? r.rlim_max : (rlim_t)need };
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return;
	more = (struct rlimit){ r.rlim_max, r.rlim_max };
	setrlimit(RLIMIT_NOFILE, &more);
	if (r.rlim_max < (rlim_t)need)
		log_warn("the system allows fewer open files than WS_CONNECTIONS_MAX or HTTP_CONNECTIONS_MAX may "
		    "need: raise the limit "
		    "(LimitNOFILE, ulimit -n) or lower those", JI("allowed", (int64_t)r.rlim_max), JI("needed", need));
}

/* HTTP workers are pinned from the first processor on, the other processes from the last one back. */
static void
pin_to_processor(const struct seat *seat)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;
	long core;

	if (strcmp(conf.cpu_affinity, "auto") != 0 || !seat->row->numbered || cores < 2)
		return;
	core = (seat->index - 1) % cores;
	CPU_ZERO(&set);
	CPU_SET((size_t)(seat->row->kind == PROC_HTTP ? core : cores - 1 - core), &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		log_warn("cannot pin to a processor", JS("error", strerror(errno)));
}

/* Raising the score needs no privilege. */
static void
set_oom_score(int score)
{
	char text[16];
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC), n = snprintf(text, sizeof(text), "%d\n", score);

	if (fd < 0)
		return;
	if (write(fd, text, (size_t)n) < 0)
		log_debug("cannot set oom_score_adj", JS("error", strerror(errno)));
	close(fd);
}

void
limits_child(const struct seat *seat)
{
	pin_to_processor(seat);
	set_oom_score(seat->row->oom_score);
}
