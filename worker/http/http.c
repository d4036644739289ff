/* http.c -- the HTTP worker: `dure: http 1..N`. Every REST route, the page, and the door of the sockets. */
#include "accept.h"
#include "base/conf.h"
#include "base/err.h"
#include "fanout.h"
#include "far.h"
#include "limit_share.h"
#include "link/near.h"
#include "mhd.h"
#include "run/co.h"
#include "serve.h"
#include "tally.h"
#include "worker/child.h"
#include "worker/domain/apikey.h"
#include "worker/domain/audit.h"
#include "worker/domain/cache.h"
#include "worker/domain/guard.h"
#include "worker/domain/revoked.h"
#include "worker/domain/usage.h"

enum {
	LAST_WORDS_MS	= 50,	/* for the answers of canceled requests to leave */
	FAREWELL_MS	= 1000,	/* for clients that keep their connection open to hear with the next answer that it closes */
	LOOK_MS		= 20,
};

static int
start(const struct child_sockets *s, int index)
{
	int rc;

	(void)index;
	serve_init();
	cache_stats_start();
	tally_start();
	guard_start();
	limit_share_start();
	near_open((size_t)conf.cache_local_bytes);
	revoked_start(apikey_on_revoked);
	apikey_start();
	(void)revoked_wait();		/* without Redis nobody is known, but others may ask */
	if ((rc = mhd_start()) < 0)
		return rc;
	fanout_start();
	accept_start(s->http);
	return 0;
}

/* A connection that is just closed may have a request on its way, which would be lost. */
static void
say_farewell(void)
{
	int waited_ms;

	for (waited_ms = 0; mhd_connections() > 0 && waited_ms < FAREWELL_MS; waited_ms += LOOK_MS)
		if (co_sleep(LOOK_MS) < 0)
			return;
}

/* No new connections; what is under way is answered and its connection closed. At the deadline the rest is told so. */
static void
drain(void)
{
	accept_stop();
	mhd_close_connections();
	far_stop();
	say_farewell();
	if (serve_wait_idle() < 0) {
		serve_cancel_all();
		co_set_deadline(2 * LAST_WORDS_MS);	/* the own one is over */
		co_sleep(LAST_WORDS_MS);
	}
	audit_flush();
	apikey_flush();
	usage_flush();
	fanout_close();
	mhd_stop();
}

const struct child_role http_role = { "http", LINK_PG | LINK_REDIS, start, drain };
