/* backup_run.c -- see backup_run.h. */
#include "backup_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "privilege.h"
#include "run/loop.h"
#include "upgrade.h"

enum { READ_BYTES = 4096, TEXT_MAX = 16384 };

static struct {
	pid_t		 pid;		/* 0: none runs */
	bool		 tables;
	int64_t		 since_ms;
	struct loop_io	 io;
	struct buf	 text;		/* what it said, from both its outputs */
	bool		 wanted[2];	/* of everything, of tables: to be started next */
	bool		 stopping;
} run;

static _Noreturn void
become_backup(int out, bool tables, pid_t master)
{
	const char *conf_file = upgrade_conf_file();
	const char *args[] = { upgrade_binary(), "backup", tables ? "--hourly" : NULL, NULL, NULL, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t n = tables ? 3 : 2;
	sigset_t none;

	if (conf_file != NULL) {
		args[n++] = "-c";
		args[n] = conf_file;
	}
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	privilege_leave();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(args[0], (char **)(uintptr_t)args);
	_exit(127);
}

/* All signals are blocked over the fork: the master's handlers must not run in the backup. */
static pid_t
fork_backup(int out, bool tables)
{
	pid_t master = getpid(), pid;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if ((pid = fork()) == 0)
		become_backup(out, tables, master);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static void
read_output(void)
{
	ssize_t n;

	while ((n = read(run.io.fd, buf_reserve(&run.text, READ_BYTES), READ_BYTES)) > 0) {
		buf_grow(&run.text, (size_t)n);
		if (run.text.n > TEXT_MAX)
			buf_drop(&run.text, run.text.n - TEXT_MAX);
	}
	if (n == 0)
		loop_io_watch(&run.io, 0);
}

static void
on_output(struct loop_io *io, int events)
{
	(void)io;
	(void)events;
	read_output();
}

static void
start_backup(bool tables)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 || fcntl(ends[1], F_SETFL, 0) < 0 ||
	    (pid = fork_backup(ends[1], tables)) < 0) {
		log_error("no backup can be started", JS("error", strerror(errno)));
		return;
	}
	close(ends[1]);
	run.pid = pid;
	run.tables = tables;
	run.since_ms = mono_ms();
	loop_io_init(&run.io, ends[0], on_output, NULL);
	loop_io_watch(&run.io, LOOP_READ);
	log_info("a backup begins", JI("child", pid), JB("hourly", tables));
}

static void
start_next(void)
{
	int tables;

	for (tables = 0; tables < 2 && run.pid == 0 && !run.stopping; tables++)
		if (run.wanted[tables]) {
			run.wanted[tables] = false;
			start_backup(tables);
		}
}

void
backup_run_start(bool tables)
{
	run.wanted[tables] = true;
	start_next();
}

bool
backup_run_reaped(pid_t pid, int status)
{
	struct str said;

	if (pid != run.pid || pid == 0)
		return false;
	read_output();
	loop_io_watch(&run.io, 0);
	close(run.io.fd);
	said = (struct str){ run.text.n > 0 ? run.text.p : "", run.text.n };
	while (said.n > 0 && said.p[said.n - 1] == '\n')
		said.n--;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		log_info("a backup is made", JN("said", said), JB("hourly", run.tables), JI("ms",
		    mono_ms() - run.since_ms));
	else
		log_error("a backup has failed", JN("said", said), JB("hourly", run.tables), JI("status", status));
	buf_fini(&run.text);
	run.pid = 0;
	start_next();
	return true;
}

void
backup_run_stop(void)
{
	run.stopping = true;
	if (run.pid != 0)
		kill(run.pid, SIGTERM);
}
