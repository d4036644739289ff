/* orphans.c -- the children of a master that was killed. See orphans.h.
 *
 * A process id may have been reused; together with the process's start time it is unique.
 */
#include "orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "seats.h"

enum { PATH_BYTES = 4096, ORPHANS_MAX = 256, PATIENCE_MS = 5000, DEATH_MS = 5000, LOOK_US = 20000 };

struct orphan {
	pid_t			 pid;
	unsigned long long	 since;		/* in ticks, as in /proc */
};

static uint64_t noted;		/* the process in the file; 0: another program may have written it */

static const char *
name_path(char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/dure.children", conf.run_dir);
	return path;
}

/* The start time of a process; 0: there is none, or it is a zombie. */
static unsigned long long
start_time_of(pid_t pid)
{
	char path[64], text[1024], *p, state;
	unsigned long long since = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if ((p = strrchr(text, ')')) == NULL ||
	    sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state,
	    &since) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : since;
}

/* Written in place, not by renaming: the file is small, and a torn one names processes whose start times do not match,
 * which are skipped. */
void
orphans_note(void)
{
	struct buf text = { 0 };
	char path[PATH_BYTES];
	struct child *c;
	uint64_t now;
	int fd;

	for (now = 1, c = children_next(NULL); c != NULL; c = children_next(c))
		now = now * 31 + (uint64_t)c->pid;
	if (now == noted)
		return;
	noted = now;
	for (c = children_next(NULL); c != NULL; c = children_next(c))
		buf_printf(&text, "%d %llu\n", (int)c->pid, start_time_of(c->pid));
	if ((fd = open(name_path(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0 ||
	    (text.n > 0 && write(fd, text.p, text.n) < 0))
		log_warn("cannot write the list of children", JS("file", path), JS("error", strerror(errno)));
	if (fd >= 0)
		close(fd);
	buf_fini(&text);
}

void
orphans_note_anew(void)
{
	noted = 0;
}

static int
read_orphans(struct orphan *v)
{
	char path[PATH_BYTES], line[128];
	FILE *f = fopen(name_path(path), "re");
	int n = 0;

	if (f == NULL)
		return 0;
	while (n < ORPHANS_MAX && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%d %llu", &v[n].pid, &v[n].since) == 2 && v[n].pid > 1 && v[n].since > 0)
			n++;
	fclose(f);
	return n;
}

/* Send the signal (0: none) to those that are alive; returns how many. */
static int
signal_orphans(const struct orphan *v, int n, int signo)
{
	int i, alive = 0;

	for (i = 0; i < n; i++) {
		if (start_time_of(v[i].pid) != v[i].since)
			continue;
		alive++;
		if (signo != 0)
			kill(v[i].pid, signo);
	}
	return alive;
}

static int
await_orphans(const struct orphan *v, int n, int64_t ms)
{
	int64_t until_ms = mono_ms() + ms;
	int alive;

	while ((alive = signal_orphans(v, n, 0)) > 0 && mono_ms() < until_ms)
		usleep(LOOK_US);
	return alive;
}

void
orphans_end(void)
{
	struct orphan v[ORPHANS_MAX];
	int n = read_orphans(v), alive = signal_orphans(v, n, SIGTERM);

	if (alive == 0)
		return;
	log_warn("the last master was killed, its children end first", JI("children", alive));
	if ((alive = await_orphans(v, n, PATIENCE_MS)) == 0)
		return;
	log_warn("children of the last master do not end, killing them", JI("children", alive));
	signal_orphans(v, n, SIGKILL);
	(void)await_orphans(v, n, DEATH_MS);
}

void
orphans_forget(void)
{
	char path[PATH_BYTES];

	unlink(name_path(path));
}
