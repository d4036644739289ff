/* reach.c -- checks the connections to the stores. See reach.h. Yields: reach_database reach_redis. */
#include "reach.h"

#include "link/pg.h"
#include "link/redis.h"
#include "schema.h"

static struct pg_stmt read_version = PG_STMT("select", "catalogs", "SELECT current_setting('server_version')");

void
reach_database(struct arena *mem, struct reach *r)
{
	int64_t began = mono_us();
	struct pg_rows rows;

	r->up = pg_query(pg_shared(), &rows, &read_version) == 0 && rows.n == 1;
	r->us = mono_us() - began;
	r->version = r->up ? pg_string(&rows, 0, 0) : NULL;
	r->missing = NULL;
	if (r->up && schema_missing(mem, &r->missing) < 0)
		r->up = false;
}

void
reach_redis(struct arena *mem, struct reach *r, bool version)
{
	struct redis_reply info;
	const char *p;

	r->up = redis_ping(&r->us) == 0;
	r->version = r->missing = NULL;
	if (!r->up || !version || redis_cmd(&info, "INFO server") < 0)
		return;
	if ((p = strstr(info.s.p, "redis_version:")) != NULL)
		r->version = arena_printf(mem, "%.*s", (int)strcspn(p + 14, "\r\n"), p + 14);
}

bool
reach_good(const struct reach *r)
{
	return r->up && r->missing == NULL;
}

struct str
reach_json(struct arena *mem, const struct reach *r, bool details)
{
	return json_obj(mem, JS("status", !r->up ? "down" : r->missing != NULL ? "outdated" : "up"),
	    JIF(r->missing != NULL, JS("missing", r->missing)), JIF(r->missing != NULL, JS("advice", SCHEMA_ADVICE)),
	    JIF(details && r->up, JD("latencyMs", (double)r->us / 1e3)),
	    JIF(details && r->version != NULL, JS("version", r->version)));
}

struct str
reach_replica_json(struct arena *mem)
{
	int64_t lag_ms;
	bool used;

	if (!pg_replica_state(&lag_ms, &used))
		return (struct str){ NULL, 0 };
	return json_obj(mem, JS("status", used ? "up" : lag_ms < 0 ? "down" : "behind"),
	    JIF(lag_ms >= 0, JI("lagMs", lag_ms)));
}
