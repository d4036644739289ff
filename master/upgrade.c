/* upgrade.c -- a new binary takes over. See upgrade.h.
 *
 * The new master is given DURE_INHERIT="<pid of the old one> <descriptor>,<descriptor>,... <index>=<descriptor>,...[
 * as-is]": the public sockets, then those of the fanout processes. "as-is" says that the former are the public port
 * whatever HOST and PORT say (socket activation); a build that does not know the word ignores it.
 */
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "control.h"
#include "listen.h"
#include "orphans.h"
#include "pidfile.h"
#include "seats.h"
#include "systemd.h"

#define INHERIT "DURE_INHERIT"
#define AS_IS " as-is"

enum { KILL_MS = 5000 };

static struct {
	char		 binary[4096];
	const char	*conf_file;
	/* the old one */
	pid_t		 successor;
	int64_t		 since_ms;
	bool		 told, retired;		/* told: to stop, because it took too long */
	bool		 forgotten;		/* told to stop, because this master ends */
	uint32_t	 failures;
	char		 error[128];
	/* the new one */
	pid_t		 old;
	bool		 waits;
} state;

void
upgrade_init(const char *conf_file)
{
	ssize_t n = readlink("/proc/self/exe", state.binary, sizeof(state.binary) - 1);

	state.binary[n > 0 ? n : 0] = '\0';
	state.conf_file = conf_file;
}

const char *
upgrade_binary(void)
{
	return state.binary;
}

const char *
upgrade_conf_file(void)
{
	return state.conf_file;
}

bool
upgrade_under_way(void)
{
	return state.successor != 0;
}

void
upgrade_goes_well(void)
{
	if (!state.told)
		state.since_ms = mono_ms();
}

bool
upgrade_retired(void)
{
	return state.retired;
}

uint32_t
upgrade_failures(void)
{
	return state.failures;
}

const char *
upgrade_error(void)
{
	return *state.error != '\0' ? state.error : NULL;
}

/* --- The old master --- */

static void
put_sockets(struct buf *out)
{
	const struct child_sockets *s = listen_sockets();
	const char *comma = "";
	size_t i;

	buf_printf(out, INHERIT "=%d ", (int)getpid());
	for (i = 0; i < NELEM(s->http); i++, comma = ",")
		if (s->http[i] >= 0)
			buf_printf(out, "%s%d", i > 0 ? "," : "", s->http[i]);
	buf_byte(out, ' ');
	for (comma = "", i = 0; i < NELEM(s->ws); i++) {
		if (s->ws[i] < 0)
			continue;
		buf_printf(out, "%s%zu=%d", comma, i, s->ws[i]);
		comma = ",";
	}
	if (listen_as_is())
		buf_str(out, AS_IS);
	buf_byte(out, '\0');
}

static void
keep_over_exec(void)
{
	const struct child_sockets *s = listen_sockets();
	size_t i;

	for (i = 0; i < NELEM(s->http); i++)
		if (s->http[i] >= 0)
			fcntl(s->http[i], F_SETFD, 0);
	for (i = 0; i < NELEM(s->ws); i++)
		if (s->ws[i] >= 0)
			fcntl(s->ws[i], F_SETFD, 0);
}

static _Noreturn void
become_successor(const char *inherit)
{
	const char *args[] = { state.binary, "run", state.conf_file != NULL ? "-c" : NULL, state.conf_file, NULL };
	sigset_t none;

	keep_over_exec();
	putenv((char *)(uintptr_t)inherit);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(state.binary, (char **)(uintptr_t)args);
	log_error("cannot run the binary", JS("file", state.binary), JS("error", strerror(errno)));
	_exit(1);
}

static void
fail_upgrade(const char *why)
{
	state.failures++;
	snprintf(state.error, sizeof(state.error), "%s", why);
	log_error("not upgraded, the old binary goes on", JS("reason", why));
}

/* All signals are blocked over the fork: the master's handlers must not run in the successor. */
static pid_t
fork_successor(const char *inherit)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if ((pid = fork()) == 0)
		become_successor(inherit);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

void
upgrade_begin(void)
{
	struct buf inherit = { 0 };
	pid_t pid;

	if (upgrade_under_way()) {
		log_warn("an upgrade is under way already");
		return;
	}
	put_sockets(&inherit);
	pidfile_step_aside();
	pid = fork_successor(inherit.p);
	buf_fini(&inherit);
	if (pid < 0) {
		pidfile_step_back();
		fail_upgrade(strerror(errno));
		return;
	}
	state.successor = pid;
	state.since_ms = mono_ms();
	state.told = false;
	*state.error = '\0';
	log_info("upgrading", JS("file", state.binary), JI("successor", pid));
}

void
upgrade_step(void)
{
	int64_t late_ms = mono_ms() - state.since_ms - conf.upgrade_timeout_ms;

	if (!upgrade_under_way() || state.retired || state.forgotten || late_ms < 0)
		return;
	if (!state.told)
		log_error("the new master is not ready in time", JI("successor", state.successor));
	if (!state.told || late_ms > KILL_MS)
		kill(state.successor, state.told ? SIGKILL : SIGTERM);
	state.told = true;
}

static void
resume_duties(void)
{
	pidfile_step_back();
	control_reopen();
	seats_take_back();
	orphans_note_anew();
}

bool
upgrade_reaped(pid_t pid, int status)
{
	char why[128];

	if (pid != state.successor || pid == 0)
		return false;
	state.successor = 0;
	if (state.retired || state.forgotten)
		return true;		/* it served, and was not ended by us; or we end too */
	if (state.told)
		snprintf(why, sizeof(why), "the new master was not ready in time");
	else if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "the new master was ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "the new master ended with status %d; see the log", WEXITSTATUS(status));
	resume_duties();
	fail_upgrade(why);
	return true;
}

void
upgrade_forget(void)
{
	if (!upgrade_under_way() || state.retired)
		return;
	kill(state.successor, SIGTERM);
	state.forgotten = true;
}

bool
upgrade_retire(void)
{
	if (!upgrade_under_way())
		return false;
	state.retired = true;
	systemd_main_pid(state.successor);
	log_info("the new binary serves, this one ends", JI("successor", state.successor));
	return true;
}

/* --- The new master --- */

static void
inherit_fanout(const char *p)
{
	char *end;
	long index;

	while (*p != '\0') {
		index = strtol(p, &end, 10);
		if (*end != '=')
			return;
		listen_inherit_fanout((int)index, (int)strtol(end + 1, &end, 10));
		p = *end == ',' ? end + 1 : end;
	}
}

bool
upgrade_inherit(void)
{
	static const char *volatile text;	/* stays, so that no leak checker misses it in the environment */
	char *p;
	long pid;

	if ((text = getenv(INHERIT)) == NULL)
		return false;
	pid = strtol(text, &p, 10);
	if (pid == getppid() && *p == ' ') {
		state.old = (pid_t)pid;
		state.waits = true;
		for (p++; *p >= '0' && *p <= '9'; p += *p == ',')
			listen_inherit((int)strtol(p, &p, 10), strstr(text, AS_IS) != NULL);
		inherit_fanout(p + (*p == ' '));
	}
	unsetenv(INHERIT);
	return state.old != 0;
}

bool
upgrade_waits(void)
{
	return state.waits;
}

bool
upgrade_on_trial(void)
{
	return state.old != 0 && getppid() == state.old;
}

void
upgrade_go_on(void)
{
	state.waits = false;
}

void
upgrade_done(void)
{
	if (upgrade_on_trial()) {
		log_info("upgraded, the old master ends", JI("old", state.old));
		kill(state.old, SIGQUIT);
	}
	state.old = 0;
}
