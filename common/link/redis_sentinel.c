/* redis_sentinel.c -- finds the primary through the sentinels. See redis_conn.h.
 *
 * One sentinel at a time is asked every POLL_MS, so that a failover is noticed within that time, even while the old
 * primary still answers on its side of a split network. A sentinel that cannot be reached or does not know the
 * primary is replaced by the next. See: t/63-redis-sentinel.t
 */
#include <stdlib.h>

#include "base/conf.h"
#include "base/log.h"
#include "redis_conn.h"

enum { POLL_MS = 250, HOST_BYTES = 256 };

static struct redis_conn watch;
static struct redis_server asked;		/* the sentinel in use */
static struct redis_server *told;		/* the name of its primary */
static void (*tell_moved)(void);
static struct loop_timer poll_timer;
static int turn;
static bool waiting, complained;
static char hosts[2][HOST_BYTES];	/* of the primary; two, as the older one may still be in use */
static int host_now;

static void
next_sentinel(void)
{
	turn = (turn + 1) % told->n_sentinels;
	asked.at = told->sentinels[turn];
}

static bool
is_same(const char *host, int port)
{
	return told->at.port == port && strcmp(told->at.host, host) == 0;
}

static void
learn_primary(const char *host, int port)
{
	if (port <= 0 || strlen(host) >= HOST_BYTES || is_same(host, port))
		return;
	log_info("redis primary", JS("name", told->primary), JS("host", host), JI("port", port));
	host_now = !host_now;
	memcpy(hosts[host_now], host, strlen(host) + 1);
	told->at = (struct redis_place){ hosts[host_now], port };
	tell_moved();
}

static void
on_address(void *arg, const struct redis_reply *r)
{
	(void)arg;
	waiting = false;
	if (r == NULL)
		return;
	if (r->type == REDIS_ARRAY && r->n == 2) {
		complained = false;
		learn_primary(r->v[0].s.p, atoi(r->v[1].s.p));
		return;
	}
	if (!complained)
		log_warn("a sentinel does not know the primary", JS("name", told->primary), JS("host", asked.at.host),
		    JI("port", asked.at.port), JIF(r->type == REDIS_ERR, JS("error", r->s.p)));
	complained = true;
	next_sentinel();
	redis_conn_move(&watch);
}

static void
on_poll(struct loop_timer *t)
{
	(void)t;
	if (watch.state == REDIS_BACKOFF) {
		next_sentinel();
	} else if (watch.state == REDIS_UP && !waiting) {
		waiting = true;
		redis_conn_command(&watch, on_address, NULL, "SENTINEL GET-MASTER-ADDR-BY-NAME %s", told->primary);
	}
}

/* Asks at once. */
static void
on_sentinel_state(struct redis_conn *c)
{
	if (c->state == REDIS_UP)
		on_poll(NULL);
}

void
redis_sentinel_open(struct redis_server *s, void (*on_moved)(void))
{
	if (s->primary == NULL)
		return;
	told = s;
	tell_moved = on_moved;
	turn = -1;
	asked = (struct redis_server){ .user = "", .password = conf.redis_sentinel_password,
	    .tls = s->sentinel_tls };
	next_sentinel();
	watch = (struct redis_conn){ .server = &asked, .on_state = on_sentinel_state };
	waiting = complained = false;
	loop_timer_init(&poll_timer, on_poll, NULL);
	loop_timer_start(&poll_timer, POLL_MS, POLL_MS);
	redis_conn_open(&watch);
}

void
redis_sentinel_flush(void)
{
	if (told != NULL)
		redis_conn_flush(&watch);
}

void
redis_sentinel_close(void)
{
	if (told == NULL)
		return;
	loop_timer_stop(&poll_timer);
	watch.on_state = NULL;
	redis_conn_close(&watch);
	told = NULL;
}
