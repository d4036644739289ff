/* doctor_redis.c -- the probe of Redis: a connection as the server makes it, INFO, a table of checks. See doctor.h.
 * Yields: look_at_redis.
 */
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/str.h"
#include "cmd.h"
#include "doctor.h"
#include "link/redis.h"
#include "run/co.h"
#include "worker/domain/ops/store_figures.h"

enum { HITS_MIN = 1000, LOOK_MS = 10, CONNECT_MS = 3000, REST_MS = 300 };

struct facts {
	struct arena	*mem;
	const char	*info;
	struct redis_figures figures;
};

static double
number(const struct facts *f, const char *name)
{
	return (double)redis_info_number(f->info, name);
}

/* The text behind `name` in INFO, "" when it is not there. */
static const char *
text(const struct facts *f, const char *name)
{
	const char *p = strstr(f->info, name);

	return p == NULL ? "" : arena_printf(f->mem, "%.*s", (int)strcspn(p + strlen(name), "\r\n"), p + strlen(name));
}

static double
look_at_memory(const struct facts *f, const char **detail)
{
	*detail = arena_printf(f->mem, "%.1f of %.1f MB, maxmemory-policy %s", (double)f->figures.memory / 1048576,
	    (double)f->figures.memory_max / 1048576, text(f, "\nmaxmemory_policy:"));
	return f->figures.memory_max > 0 ? (double)f->figures.memory / (double)f->figures.memory_max : 0;
}

static double
look_at_evictions(const struct facts *f, const char **detail)
{
	*detail = arena_printf(f->mem, "%lld keys by %s", (long long)f->figures.evicted, text(f,
	    "\nmaxmemory_policy:"));
	return (double)f->figures.evicted;
}

static double
look_at_persistence(const struct facts *f, const char **detail)
{
	*detail = "neither appendonly nor save is set";
	return !f->figures.aof && !f->figures.snapshots;
}

static double
look_at_writes(const struct facts *f, const char **detail)
{
	if (strcmp(text(f, "\nrdb_last_bgsave_status:"), "err") == 0)
		*detail = "the last snapshot failed (rdb_last_bgsave_status:err)";
	else if (strcmp(text(f, "\naof_last_write_status:"), "err") == 0)
		*detail = "the append-only file cannot be written (aof_last_write_status:err)";
	return *detail != NULL;
}

static double
look_at_role(const struct facts *f, const char **detail)
{
	*detail = arena_printf(f->mem, "its primary is %s", text(f, "\nmaster_host:"));
	return strcmp(text(f, "\nrole:"), "slave") == 0;
}

static double
look_at_clients(const struct facts *f, const char **detail)
{
	double most = number(f, "\nmaxclients:");

	*detail = arena_printf(f->mem, "%lld of %.0f are used", (long long)f->figures.clients, most);
	return most > 0 ? (double)f->figures.clients / most : 0;
}

static double
look_at_clock(const struct facts *f, const char **detail)
{
	*detail = arena_printf(f->mem, "Redis' is %.1f s %s", fabs(f->figures.skew_s), f->figures.skew_s > 0 ?
	    "ahead" : "behind");
	return fabs(f->figures.skew_s);
}

static double
hit_rate(const struct facts *f)
{
	double all = (double)(f->figures.hits + f->figures.misses);

	return all > 0 ? (double)f->figures.hits / all : 1;
}

static double
look_at_hits(const struct facts *f, const char **detail)
{
	*detail = arena_printf(f->mem, "%.2f%% of %lld reads", 100 * hit_rate(f),
	    (long long)(f->figures.hits + f->figures.misses));
	return f->figures.hits + f->figures.misses >= HITS_MIN ? 1 - hit_rate(f) : 0;
}

static const struct {
	struct check	 check;
	double		(*look)(const struct facts *f, const char **detail);
} checks[] = {
	{ { .name = "redis.memory", .warn = 0.8, .fail = 0.95,
	    .message = "Redis is nearly full",
	    .advice = "Raise maxmemory: with noeviction writes fail when it is full, with another policy "
		"sessions and room logs may go\nredis-cli --bigkeys shows what takes the memory",
	    .heading = "Redis is full" }, look_at_memory },
	{ { .name = "redis.evictions", .warn = 1, .fail = NEVER,
	    .message = "Redis evicts keys",
	    .advice = "Raise maxmemory, and set maxmemory-policy noeviction: evicted may be revoked tokens and "
		"room logs",
	    .heading = "Redis is full" }, look_at_evictions },
	{ { .name = "redis.persistence", .warn = 1, .fail = NEVER, .strict = true,
	    .message = "Redis keeps nothing over a restart",
	    .advice = "Set appendonly yes and appendfsync everysec: a restart then loses a second at most\nor "
		"at least save 300 100 (RDB)",
	    .heading = "Redis forgets at a restart" }, look_at_persistence },
	{ { .name = "redis.writes", .warn = NEVER, .fail = 1,
	    .message = "Redis cannot write its files, and may refuse writes",
	    .advice = "Free its disk, look at its log, then BGSAVE",
	    .heading = "The disk is full" }, look_at_writes },
	{ { .name = "redis.role", .warn = NEVER, .fail = 1,
	    .message = "Redis is a replica, and takes no writes",
	    .advice = "Point REDIS_URL at the primary, or let Sentinel name it (redis-sentinel://)",
	    .heading = "Redis is gone" }, look_at_role },
	{ { .name = "redis.clients", .warn = 0.8, .fail = 0.95,
	    .message = "Redis' connections run out",
	    .advice = "Raise maxclients; CLIENT LIST shows who holds them",
	    .heading = "Redis is gone" }, look_at_clients },
	{ { .name = "redis.clock", .warn = 1, .fail = 30,
	    .message = "The clocks of this host and of Redis differ",
	    .advice = "Synchronise both (timedatectl; chronyc tracking)",
	    .heading = "Clocks differ" }, look_at_clock },
	{ { .name = "redis.hits", .warn = 0.2, .fail = NEVER, .kind = OF_CACHE,
	    .message = "The cache misses often",
	    .advice = "Let answers live longer (CACHE_RESULT_TTL, CACHE_STATUS_TTL, ANALYSIS_CACHE_TTL)\nLoad "
		"more of them at the start (CACHE_WARM_COUNT)\nGive Redis more memory where it evicts\nGive the "
		"workers more of their own (CACHE_LOCAL_BYTES)",
	    .heading = "Requests are slow" }, look_at_hits },
};

static void
put_figures(struct doctor *d, const struct facts *f, double latency_ms)
{
	const struct redis_figures *r = &f->figures;

	doctor_figure(d, "metrics", "redis", str_of(arena_printf(&d->mem, "%.2f", latency_ms)));
	doctor_figure(d, "cache", "hitRate", str_of(arena_printf(&d->mem, "\"%.2f%%\"", 100 * hit_rate(f))));
	doctor_figure(d, "cache", "totalCommands", str_of(arena_printf(&d->mem, "%lld", (long long)r->commands)));
	doctor_figure(d, "cache", "connectedClients", str_of(arena_printf(&d->mem, "%lld", (long long)r->clients)));
	doctor_figure(d, "cache", "usedMemory", str_of(arena_printf(&d->mem, "%lld", (long long)r->memory)));
}

static struct doctor *self;	/* of the process */

static int
look_at_redis(struct arena *mem)
{
	struct facts f = { .mem = mem };
	const char *detail;
	double latency_ms, value;
	int64_t us;
	size_t i;

	while (!redis_up() && *redis_why() == '\0' && mono_ms() < self->until_ms)
		co_sleep(LOOK_MS);
	if (*redis_why() != '\0' || redis_ping(&us) < 0) {
		doctor_connection(self, -1, *redis_why() != '\0' ? redis_why() : "no answer");
		return 1;
	}
	latency_ms = (double)us / 1000;
	doctor_connection(self, latency_ms, NULL);
	if (redis_figures_read(&f.figures) < 0)
		return 1;
	f.info = f.figures.info;
	for (i = 0; i < NELEM(checks); i++) {
		detail = NULL;
		value = checks[i].look(&f, &detail);
		doctor_judge(self, &checks[i].check, value, detail);
	}
	put_figures(self, &f, latency_ms);
	return 0;
}

/* Patient, to tell a slow server from a silent one. */
void
doctor_redis(struct doctor *d)
{
	int64_t left_ms = d->until_ms - mono_ms() - REST_MS;

	self = d;
	conf.redis_timeout_ms = left_ms < CONNECT_MS ? left_ms : CONNECT_MS;
	cmd_in_loop(LINK_REDIS, look_at_redis);
}
