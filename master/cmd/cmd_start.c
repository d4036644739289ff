/* cmd_start.c -- `dure start`: the master as a daemon. Returns when every process serves, or when the start has
 * failed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd.h"
#include "master/control.h"
#include "master/pidfile.h"

enum { LOOK_MS = 50, LIMIT_MS = 120000, PATH_BYTES = 4096 };

/* Without LOG_FILE the daemon could not log anything. The default goes into the environment, so that reloads and
 * upgrades know it too. */
static void
choose_log(void)
{
	static char path[PATH_BYTES];

	if (*conf.log_file != '\0')
		return;
	mkdir(conf.run_dir, 0755);
	snprintf(path, sizeof(path), "%s/dure.log", conf.run_dir);
	setenv("LOG_FILE", path, 1);
	conf.log_file = path;
}

/* Starts a session of its own, detached from the terminal. Messages before the log file is open go to it too. */
static _Noreturn void
become_daemon(void)
{
	int null = open("/dev/null", O_RDWR), log = open(conf.log_file, O_WRONLY | O_APPEND | O_CREAT, 0640);
	char *args[] = { (char[]){ "run" }, NULL };

	setsid();
	if (null < 0)
		_exit(1);
	dup2(null, 0);
	dup2(null, 1);
	dup2(log >= 0 ? log : null, 2);
	if (null > 2)
		close(null);
	if (log > 2)
		close(log);
	exit(cmd_run(1, args));
}

static bool
is_running(struct arena *mem, pid_t master)
{
	struct buf answer = { 0 };
	const struct json *j;
	const char *state;
	int64_t pid = 0;
	bool yes = false;

	if (control_ask(&answer) == 0 && json_parse(mem, answer.p, answer.n, &j) == 0) {
		state = json_str(json_get(j, "state"));
		yes = json_int(json_get(j, "pid"), &pid) && pid == master && state != NULL &&
		    strcmp(state, "running") == 0;
	}
	buf_fini(&answer);
	return yes;
}

int
cmd_start(int argc, char **argv)
{
	int64_t until_ms = mono_ms() + LIMIT_MS;
	struct arena mem;
	int status = 0;
	pid_t pid;

	(void)argc;
	(void)argv;
	if ((pid = pidfile_master()) != 0) {
		fprintf(stderr, "dure: already running in %s as process %d\n", conf.run_dir, (int)pid);
		return 1;
	}
	choose_log();
	if ((pid = fork()) < 0) {
		fprintf(stderr, "dure: cannot fork: %s\n", strerror(errno));
		return 1;
	}
	if (pid == 0)
		become_daemon();
	arena_init(&mem, 4096);
	while (!is_running(&mem, pid)) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			fprintf(stderr, "dure: not started; see %s\n", conf.log_file);
			return 1;
		}
		if (mono_ms() > until_ms) {
			fprintf(stderr, "dure: process %d is still starting; see %s\n", (int)pid, conf.log_file);
			return 1;
		}
		usleep(LOOK_MS * 1000);
		arena_reset(&mem);
	}
	arena_fini(&mem);
	return cmd_await_ready();
}
