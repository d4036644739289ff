/* http.c -- the HTTP worker, `dure: http 1..N`: REST routes, pages, and the entry of all sockets. */
#include "accept.h"
#include "base/conf.h"
#include "base/err.h"
#include "bundle.h"
#include "conn.h"
#include "fanout.h"
#include "host_metrics.h"
#include "hostile_http.h"
#include "limit_share.h"
#include "limit_show.h"
#include "link/near.h"
#include "link/pg.h"
#include "mhd.h"
#include "poll_relay.h"
#include "proc/scoreboard.h"
#include "req_pool.h"
#include "route_usage.h"
#include "run/co.h"
#include "serve.h"
#include "worker/child.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/core/settings.h"
#include "worker/domain/curation/recommend_count.h"
#include "worker/domain/identity/admission.h"
#include "worker/domain/identity/apikey.h"
#include "worker/domain/identity/guard.h"
#include "worker/domain/identity/revoked.h"
#include "worker/domain/ops/activity.h"
#include "worker/domain/ops/cache_admin.h"
#include "worker/domain/ops/schema.h"
#include "worker/domain/ops/usage.h"

enum {
	LAST_WORDS_MS	= 50,	/* for the answers of canceled requests to leave */
	/* for kept-alive connections: their next answer announces the close */
	FAREWELL_MS	= 3000,
	FANOUT_MS	= 1500,	/* for the fanout's shutdown notice to polling clients */
	CLOSE_MS	= 3000,	/* for requests that arrived at the moment of closing */
	LOOK_MS		= 20,
};

/* A poll takes as long as nothing happens. */
static void
name_waiting_routes(void)
{
	int id;

	for (id = 1; id <= route_count(); id++)
		if (route_endpoint(id)->route->flags & ROUTE_RELAY)
			scoreboard_set_waiting_route(id);
}

static int
start_http(const struct child_sockets *s, int index)
{
	int rc;

	hostile_http();
	route_init(routes);
	name_waiting_routes();
	serve_init();
	host_metrics_init();
	bundle_load(index == 1);
	cache_stats_start();
	route_usage_start();
	guard_start();
	limit_share_start();
	limit_show_start();
	near_open((size_t)conf.cache_local_bytes);
	pg_replica_open();
	revoked_start(apikey_on_revoked);
	admission_start();
	apikey_start();
	settings_start();
	recommend_count_start();
	(void)revoked_wait();		/* without Redis no caller is known, but anonymous requests are answered */
	if ((rc = mhd_start(accept_room)) < 0)
		return rc;
	if (index == 1) {
		schema_check();
		host_metrics_export();
	}
	fanout_start();
	accept_start(s->http);
	return 0;
}

/* Yields until all connections are closed, `ms` at most. 0, E_TIMEOUT, or the error that ends this process's wait. */
static int
await_end(int64_t ms, bool close_idle)
{
	int64_t until_ms = mono_ms() + ms;
	int rc = 0;

	while (rc == 0 && conn_count() > 0) {
		if (mono_ms() >= until_ms)
			return E_TIMEOUT;
		if (close_idle)
			mhd_close_idle();
		rc = co_sleep(LOOK_MS);
	}
	return rc;
}

/* While everything stops, clients that poll fetch the fanout's last packets, some by new connections. */
static void
await_fanout(void)
{
	int64_t until_ms = mono_ms() + FANOUT_MS;

	while (scoreboard_stopping() && scoreboard_lives(PROC_WS) && mono_ms() < until_ms)
		if (co_sleep(LOOK_MS) < 0)
			return;
}

/* Closing a connection at once could lose a request on its way. Clients therefore get Connection: close
 * with their next answer. Connections without a request are closed for reading only, which still answers a request that
 * arrived before. */
static int
say_farewell(int64_t since_ms)
{
	int rc = await_end(since_ms + FAREWELL_MS - mono_ms(), false);

	if (rc == E_TIMEOUT && co_time_left() > 0)
		mhd_close_idle();
	return req_wait_idle();
}

/* Accept no more, answer what is under way and close its connections. At the deadline cancel the rest, which is
 * answered too. */
static void
drain_http(void)
{
	int64_t since_ms = mono_ms();

	mhd_close_connections();
	await_fanout();
	accept_stop();
	poll_relay_stop();
	if (say_farewell(since_ms) < 0) {
		req_cancel_all();
		co_set_deadline(2 * LAST_WORDS_MS);	/* the own one is over */
		co_sleep(LAST_WORDS_MS);
	} else {
		(void)await_end(CLOSE_MS, true);
	}
	settings_stop();
	audit_flush();
	apikey_flush();
	usage_flush();
	activity_flush();
	fanout_close();
	mhd_stop();
}

const struct child_role http_role = { .name = "http", .links = LINK_PG | LINK_REDIS, .start = start_http,
    .drain = drain_http };
