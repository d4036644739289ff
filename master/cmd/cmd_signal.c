/* cmd_signal.c -- `dure stop|quit|reload|upgrade|reopen`: signals the master of the run directory and reports the
 * outcome. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd.h"
#include "master/control.h"
#include "master/pidfile.h"
#include "master/signals.h"

enum { LOOK_MS = 50, STOP_SLACK_MS = 5000, RELOAD_LIMIT_MS = 120000, UPGRADE_SLACK_MS = 30000 };

/* Sends the command's signal of signals[]. Returns the master's pid; 0 when none runs, -1 without permission. */
static pid_t
send_signal(const char *command)
{
	const struct signal_row *s;
	pid_t master = pidfile_master();

	for (s = signals; s->signo != 0 && strcmp(s->command, command) != 0; s++)
		;
	if (master <= 0) {
		fprintf(stderr, "dure: not running in %s\n", conf.run_dir);
		return 0;
	}
	if (kill(master, s->signo) == 0)
		return master;
	fprintf(stderr, "dure: process %d: %s\n", (int)master, strerror(errno));
	return -1;
}

static int
status_of(pid_t master)
{
	return master > 0 ? 0 : master == 0 ? EXIT_NOT_RUNNING : 1;
}

int
cmd_signal(int argc, char **argv)
{
	(void)argc;
	return status_of(send_signal(argv[0]));
}

/* False: the master does not end in time. */
static bool
await_end(pid_t master, bool patient)
{
	int64_t until_ms = mono_ms() + conf.shutdown_timeout_ms + STOP_SLACK_MS;

	while (kill(master, 0) == 0 && (pidfile_master() == master || pidfile_aside() == master)) {
		if (!patient && mono_ms() > until_ms) {
			fprintf(stderr, "dure: process %d does not stop\n", (int)master);
			return false;
		}
		usleep(LOOK_MS * 1000);
	}
	return true;
}

/* The old master continues once it has noticed that its successor has ended. */
static void
await_return(pid_t older)
{
	int64_t until_ms = mono_ms() + STOP_SLACK_MS;

	while (pidfile_master() != older && mono_ms() < until_ms)
		usleep(LOOK_MS * 1000);
}

/* stop and quit return when the master has ended; during an upgrade both masters, as the old one would continue. */
int
cmd_stop(int argc, char **argv)
{
	bool patient = strcmp(argv[0], "quit") == 0;
	pid_t older = pidfile_aside(), master = send_signal(argv[0]);

	(void)argc;
	if (master <= 0)
		return status_of(master);
	if (!await_end(master, patient))
		return 1;
	if (older <= 0)
		return 0;
	await_return(older);
	kill(older, patient ? SIGQUIT : SIGTERM);
	return await_end(older, patient) ? 0 : 1;
}

/* The number of reloads the master has completed, -1 while one is under way or no master answers; *why: its failure, or
 * NULL. */
static int64_t
ask_reloads(struct arena *mem, const char **why)
{
	struct buf answer = { 0 };
	const struct json *j;
	int64_t n = -1;

	*why = NULL;
	if (control_ask(&answer) == 0 && json_parse(mem, answer.p, answer.n, &j) == 0) {
		const char *state = json_str(json_get(j, "state"));

		*why = json_str(json_get(j, "reloadError"));
		if (state == NULL || strcmp(state, "reloading") == 0 || !json_int(json_get(j, "reloads"), &n))
			n = -1;
	}
	buf_fini(&answer);
	return n;
}

int
cmd_reload(int argc, char **argv)
{
	int64_t until_ms = mono_ms() + RELOAD_LIMIT_MS, before, now;
	struct arena mem;
	const char *why;
	pid_t master;
	int rc = 1;

	(void)argc;
	arena_init(&mem, 4096);
	before = ask_reloads(&mem, &why);
	if ((master = send_signal(argv[0])) <= 0)
		return status_of(master);
	while ((now = ask_reloads(&mem, &why)) <= before && pidfile_master() == master && mono_ms() < until_ms) {
		usleep(LOOK_MS * 1000);
		arena_reset(&mem);
	}
	if (now <= before)
		fprintf(stderr, "dure: the reload does not come to an end; see the log\n");
	else if (why != NULL)
		fprintf(stderr, "dure: not reloaded: %s\n", why);
	else
		rc = 0;
	arena_fini(&mem);
	return rc;
}

/* The state that the master reports: its pid (0: none answers), whether every process serves, the number of failed
 * upgrades and the reason of the last. */
struct upgrade_state {
	int64_t		 pid, failures;
	bool		 running;
	const char	*why;
};

static struct upgrade_state
ask_upgrade(struct arena *mem)
{
	struct upgrade_state s = { 0 };
	struct buf answer = { 0 };
	const struct json *j;
	const char *state;

	if (control_ask(&answer) == 0 && json_parse(mem, answer.p, answer.n, &j) == 0) {
		state = json_str(json_get(j, "state"));
		json_int(json_get(j, "pid"), &s.pid);
		json_int(json_get(j, "upgradeFailures"), &s.failures);
		s.running = state != NULL && strcmp(state, "running") == 0;
		s.why = json_str(json_get(j, "upgradeError"));
	}
	buf_fini(&answer);
	return s;
}

/* The old master's last children may still work, with an embedded broker that ends with them: what they sent to it
 * would be lost. */
static void
await_retirement(void)
{
	int64_t until_ms = mono_ms() + conf.shutdown_timeout_ms + STOP_SLACK_MS;

	while (pidfile_aside() > 0 && mono_ms() < until_ms)
		usleep(LOOK_MS * 1000);
}

int
cmd_upgrade(int argc, char **argv)
{
	int64_t until_ms = mono_ms() + conf.upgrade_timeout_ms + UPGRADE_SLACK_MS;
	struct upgrade_state before, now;
	struct arena mem;
	pid_t master;
	int rc = 1;

	(void)argc;
	arena_init(&mem, 4096);
	before = ask_upgrade(&mem);
	if ((master = send_signal(argv[0])) <= 0) {
		arena_fini(&mem);
		return status_of(master);
	}
	do {
		usleep(LOOK_MS * 1000);
		arena_reset(&mem);
		now = ask_upgrade(&mem);
	} while (!(now.running && now.pid != master) && !(now.pid == master && now.failures > before.failures) &&
	    (now.pid != 0 || kill(master, 0) == 0) && mono_ms() < until_ms);
	if (now.pid == master && now.failures > before.failures)
		fprintf(stderr, "dure: not upgraded: %s\n", now.why != NULL ? now.why : "");
	else if (!now.running)
		fprintf(stderr, "dure: the upgrade does not come to an end; see the log\n");
	else if ((rc = cmd_await_ready()) == 0)
		await_retirement();
	arena_fini(&mem);
	return rc;
}
