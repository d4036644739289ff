/* doctor_probe.c -- runs the probes side by side and collects their lines until all have ended or the time is up. See
 * doctor.h. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "doctor.h"
#include "doctor_probe.h"

enum { GRACE_MS = 250 };		/* between a probe's own time limits and its end */

static void
write_line(struct doctor *d, struct str line)
{
	const char *text = arena_printf(&d->mem, "%.*s\n", (int)line.n, line.p);

	if (write(d->out, text, line.n + 1) < 0)
		_exit(1);	/* the parent has gone */
}

/* What libraries say goes nowhere: the report has the reasons. */
static _Noreturn void
run_probe(const struct probe *p, int out, int64_t until_ms)
{
	struct doctor d = { .probe = p, .tell = write_line, .out = out, .until_ms = until_ms };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	arena_init(&d.mem, 16384);
	p->run(&d);
	_exit(0);
}

static void
start_probe(struct probe_run *r, int64_t until_ms)
{
	int ends[2];

	r->fd = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	if ((r->pid = fork()) == 0)
		run_probe(r->probe, ends[1], until_ms);
	close(ends[1]);
	r->fd = ends[0];
}

/* False: it has written all. */
static bool
read_probe(struct probe_run *r)
{
	ssize_t n = read(r->fd, buf_reserve(&r->lines, 4096), 4096);

	if (n > 0)
		buf_grow(&r->lines, (size_t)n);
	return n > 0;
}

static void
end_probe(struct probe_run *r, bool in_time)
{
	int status = -1;

	close(r->fd);
	r->fd = -1;
	if (!in_time && r->pid > 0)
		kill(r->pid, SIGKILL);
	if (r->pid > 0)
		waitpid(r->pid, &status, 0);
	r->ended = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void
doctor_run(struct probe_run *runs, size_t n, int64_t until_ms)
{
	struct pollfd v[PROBES_MAX];
	size_t i, open;
	int64_t left;

	for (i = 0; i < n; i++)
		start_probe(&runs[i], until_ms - GRACE_MS);
	do {
		for (i = open = 0; i < n; i++) {
			v[i] = (struct pollfd){ .fd = runs[i].fd, .events = POLLIN };
			open += runs[i].fd >= 0;
		}
		left = until_ms - mono_ms();
		if (open == 0 || left <= 0 || poll(v, n, (int)left) <= 0)
			break;
		for (i = 0; i < n; i++)
			if (v[i].revents != 0 && !read_probe(&runs[i]))
				end_probe(&runs[i], true);
	} while (open > 0);
	for (i = 0; i < n; i++)
		if (runs[i].fd >= 0)
			end_probe(&runs[i], false);
}
