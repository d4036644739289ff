/* child.c -- the life of every child process. See child.h.
 *
 * Order: signals, heartbeat, links, the role's start (READY), the loop, the role's drain, links closed. The master
 * follows all of it in this process's slot of the scoreboard. TERM drains within a limit, QUIT for as long as it
 * takes; a second TERM leaves at once. INT is the master's affair: a terminal sends it to the whole group.
 */
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/seal.h"
#include "base/str.h"
#include "hostile_child.h"
#include "link/kafka.h"
#include "link/pg.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"
#include "run/offload.h"
#include "trace_flush.h"

enum { HEARTBEAT_MS = 1000, DRAIN_SLACK_MS = 500, COUNT_FDS_MS = 30000 };

static struct {
	const struct child_role		*role;
	const struct child_sockets	*sockets;
	int				 index;
	struct co			*starter;	/* while the role is starting */
	bool				 started, stopping, patient, told, finished;
	struct loop_timer		 heartbeat, limit;
	int64_t				 cpu_ms, beat_us;	/* used by then; monotonic */
	int				 status;
} self;

static int64_t
resident_bytes(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*s %ld", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static int64_t
cpu_used_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* The entries of /proc/self/fd: its size since Linux 6.2; before, they are counted, but not at each heartbeat, since
 * that takes a while with many sockets. */
static int64_t
open_descriptors(void)
{
	static int64_t counted, counted_ms;
	struct stat st;
	DIR *dir;

	if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
		return st.st_size;
	if ((counted_ms > 0 && mono_ms() - counted_ms < COUNT_FDS_MS) || (dir = opendir("/proc/self/fd")) == NULL)
		return counted;
	for (counted = -3; readdir(dir) != NULL; counted++)	/* ".", ".." and this directory's own */
		;
	closedir(dir);
	counted_ms = mono_ms();
	return counted;
}

static void
report_descriptors(void)
{
	struct rlimit limit;

	metric_set(M_OPEN_FDS, 0, open_descriptors());
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metric_set(M_MAX_FDS, 0, (int64_t)limit.rlim_cur);
}

static void
report_links(struct slot *slot)
{
	int links = self.role->links, up = 0, silent = 0, i;

	up |= (links & LINK_PG) && pg_up() ? LINK_PG : 0;
	up |= (links & LINK_REDIS) && redis_up() ? LINK_REDIS : 0;
	up |= (links & LINK_KAFKA) && kafka_up() ? LINK_KAFKA : 0;
	silent |= (up & LINK_PG) && pg_silent() ? LINK_PG : 0;
	slot->links_up = up;
	for (i = 0; i < 3; i++) {
		metric_set(M_BACKEND_UP, (size_t)i, up >> i & 1);
		metric_set(M_BACKEND_DOWN, (size_t)i, (links & ~up) >> i & 1);
		metric_set(M_BACKEND_SILENT, (size_t)i, silent >> i & 1);
	}
}

static void
report_cpu(struct slot *slot)
{
	int64_t cpu_ms = cpu_used_ms(), now_us = mono_us(), took_us = now_us - self.beat_us;

	metric_add(M_CPU, 0, (uint64_t)(cpu_ms - self.cpu_ms));
	if (self.beat_us > 0 && took_us > 0)
		__atomic_store_n(&slot->cpu_permille, (int32_t)((cpu_ms - self.cpu_ms) * 1000000 / took_us),
		    __ATOMIC_RELAXED);
	self.cpu_ms = cpu_ms;
	self.beat_us = now_us;
}

static void
on_heartbeat(struct loop_timer *t)
{
	struct slot *slot = scoreboard_me();
	int64_t max_us, mean_us;

	(void)t;
	__atomic_store_n(&slot->heartbeat_ms, mono_ms(), __ATOMIC_RELAXED);
	loop_lag(&max_us, &mean_us);
	metric_set(M_LOOP_LAG, 0, max_us);
	metric_set(M_RSS, 0, resident_bytes());
	report_descriptors();
	report_cpu(slot);
	report_links(slot);
}

static void
start_heartbeat(void)
{
	int64_t every_ms = conf.heartbeat_timeout_ms / 4;

	loop_timer_init(&self.heartbeat, on_heartbeat, NULL);
	loop_timer_start(&self.heartbeat, 0, every_ms < HEARTBEAT_MS ? every_ms : HEARTBEAT_MS);
}

static void
set_state(enum slot_state state)
{
	__atomic_store_n(&scoreboard_me()->state, (int32_t)state, __ATOMIC_RELEASE);
}

/* End the process, even before the loop has begun. */
static void
finish_process(void)
{
	self.finished = true;
	loop_stop();
}

static void
drain_role(void *arg)
{
	(void)arg;
	if (self.role->drain != NULL)
		self.role->drain();
	trace_flush_last();
	finish_process();
}

static void
on_limit(struct loop_timer *t)
{
	(void)t;
	log_warn("stopped before everything was finished");
	finish_process();
}

/* Drain within two thirds of the master's limit, so that the links are closed in order before it kills. */
static void
begin_drain(void)
{
	int64_t limit_ms = self.patient ? 0 : conf.shutdown_timeout_ms * 2 / 3;

	if (limit_ms > 0)
		loop_timer_start(&self.limit, limit_ms + DRAIN_SLACK_MS, 0);
	co_spawn(drain_role, NULL, limit_ms);
}

static void
start_role(void *arg)
{
	int rc;

	(void)arg;
	self.starter = co_self();
	rc = self.role->start(self.sockets, self.index);
	self.starter = NULL;
	self.started = rc == 0;
	if (self.stopping) {
		if (self.started)
			begin_drain();
		else
			finish_process();
	} else if (rc < 0) {
		log_error("cannot start", JS("error", err_row(rc)->code));
		self.status = 1;
		finish_process();
	} else {
		__atomic_store_n(&scoreboard_me()->ready_ms, mono_ms(), __ATOMIC_RELAXED);
		set_state(SLOT_READY);
		log_info("ready");
	}
}

static void
begin_stop(bool patient)
{
	if (self.stopping)
		return;
	self.stopping = true;
	self.patient = patient;
	set_state(SLOT_DRAINING);
	if (self.starter != NULL)
		co_cancel(self.starter);
	else if (self.started)
		begin_drain();
}

static bool
stop_within_limit(void)
{
	bool first = !self.stopping;

	begin_stop(false);
	return first;
}

void
child_stop(void)
{
	begin_stop(false);
}

void
child_beat(void)
{
	__atomic_store_n(&scoreboard_me()->heartbeat_ms, mono_ms(), __ATOMIC_RELAXED);
}

void
child_handed_over(void)
{
	set_state(SLOT_HANDED_OVER);
	_exit(0);
}

bool
child_stopping(void)
{
	return self.stopping;
}

/* TERM and QUIT; a second TERM ends the process at once. */
static void
on_stop(int signo, void *arg)
{
	(void)arg;
	if (self.stopping && !self.told) {	/* it had begun to stop by itself */
		self.told = true;
		return;
	}
	self.told = true;
	if (self.stopping && !self.patient && signo == SIGTERM) {
		finish_process();
	} else if (self.stopping && signo == SIGTERM) {
		self.patient = false;
		loop_timer_start(&self.limit, conf.shutdown_timeout_ms * 2 / 3, 0);
	} else {
		begin_stop(signo == SIGQUIT);
	}
}

static void
on_reopen(int signo, void *arg)
{
	(void)signo;
	(void)arg;
	if (*conf.log_file != '\0' && log_file(conf.log_file) < 0)
		log_error("cannot open the log file again", JS("file", conf.log_file), JS("error", strerror(errno)));
	if (*conf.log_error_file != '\0' && log_error_file(conf.log_error_file) < 0)
		log_error("cannot open the log file again", JS("file", conf.log_error_file),
		    JS("error", strerror(errno)));
}

static void
take_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGINT, SIGHUP, SIGTTIN, SIGTTOU, SIGWINCH, SIGUSR2 };
	sigset_t none;
	size_t i;

	for (i = 0; i < NELEM(ignored); i++)
		signal(ignored[i], SIG_IGN);
	loop_signal(SIGTERM, on_stop, NULL);
	loop_signal(SIGQUIT, on_stop, NULL);
	loop_signal(SIGUSR1, on_reopen, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* When the loop ends, signals have their default effect again. One that arrives before the master knows that this
 * process has ended must not look like a crash. */
static void
block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void
raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void
open_links(void)
{
	if (self.role->links & LINK_PG)
		pg_open();
	if (self.role->links & LINK_REDIS)
		redis_open();
}

static void
close_links(void)
{
	if (self.role->links & LINK_REDIS)
		redis_close();
	if (self.role->links & LINK_PG)
		pg_close();
}

static const struct offload_turns turns = { scoreboard_turn_take, scoreboard_turn_give };

int
child_main(const struct child_role *role, const struct child_sockets *s, int slot, int index)
{
	enum log_level level = LOG_INFO;

	memset(&self, 0, sizeof(self));
	self.role = role;
	self.sockets = s;
	self.index = index;
	scoreboard_self(slot);
	metric_use(scoreboard_metrics(slot));
	log_level_parse(conf.log_level, &level);
	log_open(scoreboard_me()->title, level);
	seal_keys(conf.encryption_key);
	offload_turns(&turns);
	raise_descriptor_limit();
	loop_init();
	loop_timer_init(&self.limit, on_limit, NULL);
	take_signals();
	start_heartbeat();
	open_links();
	trace_flush_start(scoreboard_me()->title, (role->links & LINK_REDIS) != 0);
	hostile_child(scoreboard_me()->title, stop_within_limit);
	co_spawn(start_role, NULL, 0);
	if (!self.finished)
		loop_run();
	block_signals();
	offload_close();
	close_links();
	log_info("stopped", JI("status", self.status));
	loop_fini();
	return self.status;
}
