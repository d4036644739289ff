/* doctor_server.c -- the probe of the running server on this host: its master's word, its processes, its answer. See
 * doctor.h. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/str.h"
#include "cmd.h"
#include "doctor.h"
#include "doctor_http.h"
#include "master/control.h"
#include "master/pidfile.h"

enum { YOUNG_MS = 30000, READY_MS = 5000 };

struct process {
	struct arena	*mem;
	const struct json *json;
	const char	*state;
};

static double
number(const struct process *p, const char *name)
{
	return json_num(json_get(p->json, name), 0);
}

static bool
is_state(const struct process *p, const char *state)
{
	return p->state != NULL && strcmp(p->state, state) == 0;
}

static double
look_at_quarantine(const struct process *p, const char **detail)
{
	*detail = arena_printf(p->mem, ", after %.0f restarts", number(p, "restarts"));
	return is_state(p, "quarantined");
}

static double
look_at_start(const struct process *p, const char **detail)
{
	*detail = arena_printf(p->mem, " is %s since %.0f s", p->state, number(p, "uptimeMs") / 1000);
	return is_state(p, "starting") && number(p, "uptimeMs") > YOUNG_MS;
}

static double
look_at_restarts(const struct process *p, const char **detail)
{
	*detail = arena_printf(p->mem, " was replaced %.0f times, the last time %.0f s ago", number(p, "restarts"),
	    number(p, "uptimeMs") / 1000);
	return number(p, "uptimeMs") < 600000 && !is_state(p, "quarantined") ? number(p, "restarts") : 0;
}

/* The master kills one whose heartbeat is older than HEARTBEAT_TIMEOUT_MS. */
static double
look_at_heartbeat(const struct process *p, const char **detail)
{
	*detail = arena_printf(p->mem, " was last heard %.1f s ago", number(p, "heartbeatAgeMs") / 1000);
	return is_state(p, "ready") ? number(p, "heartbeatAgeMs") / (double)conf.heartbeat_timeout_ms : 0;
}

static double
look_at_memory(const struct process *p, const char **detail)
{
	*detail = arena_printf(p->mem, " has %.0f MB", number(p, "rssBytes") / 1e6);
	return number(p, "rssBytes") / 1e6;
}

static double
look_at_files(const struct process *p, const char **detail)
{
	*detail = arena_printf(p->mem, " has %.0f of %.0f open", number(p, "openFds"), number(p, "maxFds"));
	return number(p, "maxFds") > 0 ? number(p, "openFds") / number(p, "maxFds") : 0;
}

static double
look_at_loop(const struct process *p, const char **detail)
{
	*detail = arena_printf(p->mem, " was late by %.0f ms", number(p, "loopLagUs") / 1000);
	return number(p, "loopLagUs") / 1000;
}

static const struct {
	struct check	 check;
	double		(*look)(const struct process *p, const char **detail);	/* behind its title */
} checks[] = {
	{ { .name = "process.quarantined", .warn = NEVER, .fail = 1,
	    .message = "A process died too often and is not started again",
	    .advice = "dure logs has the reason; mend it, then dure reload tries again",
	    .heading = "A process keeps dying" }, look_at_quarantine },
	{ { .name = "process.starting", .warn = NEVER, .fail = 1,
	    .message = "A process does not get ready",
	    .advice = "dure logs has the reason: a store, or its port",
	    .heading = "It does not become ready" }, look_at_start },
	{ { .name = "process.restarts", .warn = 3, .fail = 10,
	    .message = "A process dies again and again",
	    .advice = "dure logs --level error has the reason",
	    .heading = "A process keeps dying" }, look_at_restarts },
	{ { .name = "process.heartbeat", .warn = 0.5, .fail = 1, .kind = OF_SPEED,
	    .message = "A process is silent",
	    .advice = "It computes, or the host swaps: look at CPU and memory",
	    .heading = "Requests are slow" }, look_at_heartbeat },
	{ { .name = "process.memory", .warn = 800, .fail = NEVER, .kind = OF_SPEED,
	    .message = "A process is large",
	    .advice = "ws_connections and cache_local_bytes say whether it uses it; dure reload replaces it",
	    .heading = "A process grows" }, look_at_memory },
	{ { .name = "process.files", .warn = 0.8, .fail = 0.95,
	    .message = "Descriptors run out",
	    .advice = "Raise LimitNOFILE (ulimit -n), or lower WS_CONNECTIONS_MAX and HTTP_CONNECTIONS_MAX",
	    .heading = "Descriptors run out" }, look_at_files },
	{ { .name = "process.loop", .warn = 500, .fail = NEVER, .kind = OF_SPEED,
	    .message = "An event loop is late",
	    .advice = "See which process uses the CPU: dure top",
	    .heading = "Requests are slow" }, look_at_loop },
};

static const struct check stopped = { .name = "server.running", .warn = NEVER, .fail = 1,
    .message = "No server runs on this host",
    .advice = "dure start, and read the end of LOG_FILE",
    .heading = "The server does not answer" };
static const struct check silent = { .name = "server.master", .warn = NEVER, .fail = 1,
    .message = "The master does not answer",
    .advice = "kill -9 it and start again: its children end",
    .heading = "The server does not answer" };
static const struct check lacking = { .name = "server.links", .warn = 1, .fail = NEVER,
    .message = "Processes do not reach their stores",
    .advice = "See the store's own finding; if it is reached from here, look at dure logs",
    .heading = "It does not become ready" };
static const struct check unready = { .name = "server.ready", .warn = NEVER, .fail = 1,
    .message = "The server is not ready",
    .advice = "dure status names the process, dure logs the reason",
    .heading = "It does not become ready" };
static const struct check slow = { .name = "server.latency", .warn = 1000, .fail = NEVER, .kind = OF_SPEED,
    .message = "The server answers slowly",
    .advice = "dure top shows which process is busy",
    .heading = "Requests are slow" };
static const struct check deploys[] = {
	{ .name = "server.reload", .warn = 1, .fail = NEVER,
	    .message = "The last reload failed",
	    .advice = "dure config check, then dure reload",
	    .heading = "A bad deploy" },
	{ .name = "server.upgrade", .warn = 1, .fail = NEVER,
	    .message = "The last upgrade failed",
	    .advice = "Put the old binary back, or mend it, then dure upgrade",
	    .heading = "A bad deploy" },
};
static const struct check pool_used = { .name = "server.pool", .warn = 1, .fail = NEVER, .kind = OF_SPEED,
    .message = "All connections of this host's pool are used",
    .advice = "Raise DB_POOL_MAX, or see which queries hold them",
    .heading = "Requests are slow" };

static void
look_at_process(struct doctor *d, const struct json *json)
{
	struct process p = { &d->mem, json, json_str(json_get(json, "state")) };
	const char *title = json_str(json_get(json, "title"));
	const char *detail;
	double value;
	size_t i;

	for (i = 0; i < NELEM(checks); i++) {
		value = checks[i].look(&p, &detail);
		doctor_judge(d, &checks[i].check, value, arena_printf(&d->mem, "%s%s", title, detail));
	}
}

static void
look_at_master(struct doctor *d, const struct json *status)
{
	static const char *const errors[] = { "reloadError", "upgradeError" };
	double most = json_num(json_get(status, "dbBudget"), 0), used = json_num(json_get(status, "dbUsed"), 0);
	const char *lacks = cmd_lacks(&d->mem, status), *why;
	size_t i;

	if (lacks != NULL)
		doctor_judge(d, &lacking, 1, lacks);
	for (i = 0; i < NELEM(errors); i++)
		if ((why = json_str(json_get(status, errors[i]))) != NULL && *why != '\0')
			doctor_judge(d, &deploys[i], 1, why);
	doctor_judge(d, &pool_used, most > 0 ? used / most : 0, arena_printf(&d->mem, "%.0f of %.0f", used, most));
}

static void
look_at_answer(struct doctor *d, int port)
{
	struct http_probe p;
	const char *error = doctor_http(&p, conf.host, port, "/api/v1/health/ready", READY_MS);

	if (error != NULL)
		doctor_judge(d, &unready, 1, error);
	else if (p.status != 200)
		doctor_judge(d, &unready, 1, arena_printf(&d->mem, "%d %s", p.status, p.body));
	if (error != NULL)
		return;
	doctor_judge(d, &slow, p.ms, arena_printf(&d->mem, "after %.0f ms", p.ms));
	doctor_figure(d, "metrics", "api", str_of(arena_printf(&d->mem, "%.2f", p.ms)));
}

void
doctor_server(struct doctor *d)
{
	const struct json *status, *p;
	struct buf answer = { 0 };

	if (control_ask(&answer) < 0 || json_parse(&d->mem, answer.p, answer.n, &status) < 0) {
		if (pidfile_master() != 0)
			doctor_judge(d, &silent, 1, arena_printf(&d->mem, "process %d", (int)pidfile_master()));
		else
			doctor_judge(d, &stopped, 1, arena_printf(&d->mem, "no master in %s", conf.run_dir));
		return;
	}
	for (p = json_first(json_get(status, "processes")); p != NULL; p = json_next(p))
		look_at_process(d, p);
	look_at_master(d, status);
	look_at_answer(d, (int)json_num(json_get(status, "port"), 0));
	buf_fini(&answer);
}
