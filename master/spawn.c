/* spawn.c -- fork one child: its slot, title, privileges and the few descriptors it may keep. See spawn.h.
 *
 * All signals are blocked over the fork, so that none is lost between the master's handlers and the child's own.
 */
#include "spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "limits.h"
#include "listen.h"
#include "privilege.h"
#include "proc/journal.h"
#include "proc/title.h"
#include "run/loop.h"

static void
name_slot(const struct seat *seat, struct slot *slot)
{
	if (seat->row->numbered)
		snprintf(slot->title, sizeof(slot->title), "%s %d", seat->row->role->name, seat->index);
	else
		snprintf(slot->title, sizeof(slot->title), "%s", seat->row->role->name);
}

/* The sockets this kind works with; the others are -1. */
static void
choose_sockets(const struct seat *seat, struct child_sockets *mine)
{
	const struct child_sockets *all = listen_sockets();
	size_t i;

	for (i = 0; i < NELEM(mine->http); i++)
		mine->http[i] = seat->row->listens ? all->http[i] : -1;
	for (i = 0; i < NELEM(mine->ws); i++)
		mine->ws[i] = seat->row->kind == PROC_WS && (int)i == seat->index ? all->ws[i] : -1;
}

static bool
is_kept(int fd, const struct child_sockets *mine)
{
	size_t i;

	for (i = 0; i < NELEM(mine->http); i++)
		if (fd == mine->http[i])
			return true;
	for (i = 0; i < NELEM(mine->ws); i++)
		if (fd == mine->ws[i])
			return true;
	return fd <= 2 || fd == log_fd() || fd == log_error_fd() || journal_keeps(fd);
}

/* Everything that belongs to the master: its loop, pid file, control socket, the sockets of other kinds. */
static void
close_the_rest(const struct child_sockets *mine)
{
	DIR *d = opendir("/proc/self/fd");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct dirent *e;
	int64_t fd;

	if (d == NULL || null < 0)
		die("cannot look at the descriptors", JS("error", strerror(errno)));
	dup2(null, 0);
	while ((e = readdir(d)) != NULL)
		if (parse_int(e->d_name, 3, INT32_MAX, &fd) && fd != dirfd(d) && !is_kept((int)fd, mine))
			close((int)fd);
	closedir(d);
}

/* TERM when the master dies, whatever it died of; it may already have. */
static void
die_with_master(pid_t master)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(0);
}

static _Noreturn void
become_child(const struct seat *seat, int slot, pid_t master)
{
	struct child_sockets mine;

	loop_fini();
	title_set(scoreboard_slot(slot)->title);
	choose_sockets(seat, &mine);
	close_the_rest(&mine);
	limits_child(seat);
	if (seat->row->role->prepare != NULL)
		seat->row->role->prepare();
	privilege_drop();
	die_with_master(master);
	exit(child_main(seat->row->role, &mine, slot, seat->index));
}

struct child *
spawn_child(struct seat *seat, uint32_t generation)
{
	int slot = scoreboard_take(seat->row->kind, seat->index, generation);
	pid_t master = getpid(), pid;
	sigset_t all, before;
	struct child *c;
	int64_t broker;

	if (slot < 0) {
		log_error("no slot left for another process");
		return NULL;
	}
	name_slot(seat, scoreboard_slot(slot));
	scoreboard_slot(slot)->restarts = seat->restarts;
	scoreboard_broker((char[BROKER_ADDRESS_BYTES]){ 0 }, &broker);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if ((pid = fork()) == 0)
		become_child(seat, slot, master);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		log_error("cannot fork", JS("error", strerror(errno)));
		scoreboard_reap(slot);
		return NULL;
	}
	scoreboard_slot(slot)->pid = pid;
	c = children_add(slot, pid, seat);
	c->generation = generation;
	c->broker = broker;
	log_info("process started", JS("process", scoreboard_slot(slot)->title), JI("child", pid));
	return c;
}
