/* redis_sub.c -- subscriptions, on a connection of their own that is opened with the first one. See redis.h.
 *
 * A channel is subscribed to once, however many subscribers it has here. The server answers SUBSCRIBE and UNSUBSCRIBE
 * in the order they were sent, so the state of a channel is known when none of them is under way (`moving` is 0);
 * only then is it confirmed. Client tracking (near.c) uses this connection too: its id is requested before the first
 * SUBSCRIBE, after which Redis refuses CLIENT ID.
 */
#include <stdlib.h>

#include "base/digest.h"
#include "base/hashtab.h"
#include "base/log.h"
#include "redis_conn.h"

#define INVALIDATE "__redis__:invalidate"
/* when bytes vanish silently, held values may be stale by this and 2 * REDIS_TIMEOUT_MS */
enum { TRACK_PING_MS = 1000 };

struct redis_sub {
	struct redis_sub *next;
	struct channel	 *channel;
	void		(*on_message)(void *arg, const char *p, size_t n);
	/* for a pattern, instead */
	void		(*on_match)(void *arg, const char *channel, const char *p, size_t n);
	void		(*on_ready)(void *arg);
	void		 *arg;
	bool		  ready;	/* its ready callback has run */
	bool		  gone;		/* unsubscribed; freed when the list is not being walked */
};

struct channel {
	struct hashtab_node node;
	struct channel	 *late_next;	/* in the list of channels with a pending ready callback */
	struct redis_sub *subs;
	int		  moving;	/* unanswered SUBSCRIBE and UNSUBSCRIBE */
	bool		  wanted;	/* the last of them was SUBSCRIBE */
	bool		  refused;	/* the server answered with an error */
	bool		  walked;	/* its list is being walked: nothing is freed */
	bool		  late;		/* in that list */
	bool		  pattern;
	size_t		  n;
	char		  name[];
};

static struct redis_conn conn;
static struct hashtab channels;
static struct channel *late;
static struct loop_timer late_timer;
static void (*tell_owner)(void);
static const struct redis_tracker *tracker;	/* receives invalidations; NULL: not wanted */
static int64_t client_id;	/* the id of this connection; 0: unknown */

static void on_answer(void *arg, const struct redis_reply *r);

bool
redis_sub_up(void)
{
	return conn.state == REDIS_UP || conn.state == REDIS_CLOSED || (!conn.was_up && conn.failures == 0);
}

static struct channel *
find_channel(const char *name, size_t n, bool pattern)
{
	uint64_t hash = hash_keyed(name, n);
	struct hashtab_node *node = NULL;
	struct channel *c;

	while ((node = hashtab_find(&channels, hash, node)) != NULL) {
		c = HOLDER(node, struct channel, node);
		if (c->n == n && c->pattern == pattern && memcmp(c->name, name, n) == 0)
			return c;
	}
	return NULL;
}

static struct channel *
add_channel(const char *name, size_t n, bool pattern)
{
	struct channel *c = calloc(1, sizeof(*c) + n + 1);

	if (c == NULL)
		bug("no memory for a channel");
	c->n = n;
	c->pattern = pattern;
	memcpy(c->name, name, n);
	hashtab_add(&channels, &c->node, hash_keyed(name, n));
	return c;
}

static void
leave_late(struct channel *c)
{
	struct channel **at = &late;

	if (!c->late)
		return;
	while (*at != c)
		at = &(*at)->late_next;
	*at = c->late_next;
	c->late = false;
}

static void
forget_channel(struct channel *c)
{
	hashtab_del(&channels, &c->node);
	leave_late(c);
	free(c);
}

/* Subscribes or unsubscribes, as the list of subscribers requires. */
static void
move_channel(struct channel *c)
{
	bool want = c->subs != NULL;

	if (want == c->wanted || conn.state != REDIS_UP)
		return;
	c->wanted = want;
	c->refused = false;
	c->moving++;
	if (c->pattern)
		redis_conn_command(&conn, on_answer, c, want ? "PSUBSCRIBE %b" : "PUNSUBSCRIBE %b", c->name, c->n);
	else
		redis_conn_command(&conn, on_answer, c, want ? "SUBSCRIBE %b" : "UNSUBSCRIBE %b", c->name, c->n);
}

/* Frees subscribers that left during the walk, then the channel when it is unused. */
static void
sweep_channel(struct channel *c)
{
	struct redis_sub **at = &c->subs, *s;

	if (c->walked)
		return;
	while ((s = *at) != NULL) {
		if (!s->gone) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		free(s);
	}
	move_channel(c);
	if (c->subs == NULL && c->moving == 0)
		forget_channel(c);
}

static void
deliver_message(struct channel *c, const char *channel, const char *p, size_t n)
{
	struct redis_sub *s;

	c->walked = true;
	for (s = c->subs; s != NULL; s = s->next)	/* subscribers that join meanwhile are put in front */
		if (!s->gone && s->on_match != NULL)
			s->on_match(s->arg, channel, p, n);
		else if (!s->gone)
			s->on_message(s->arg, p, n);
	c->walked = false;
	sweep_channel(c);
}

/* The channel is subscribed to: runs the ready callbacks of new subscribers and, with `gap`, the gap callbacks of
 * old ones. */
static void
confirm_channel(struct channel *c, bool gap)
{
	struct redis_sub *s;

	c->walked = true;
	for (s = c->subs; s != NULL; s = s->next) {
		if (s->gone || (s->ready && !gap))
			continue;
		if (s->ready) {
			if (s->on_message != NULL)
				s->on_message(s->arg, NULL, 0);
			continue;
		}
		s->ready = true;
		if (s->on_ready != NULL)
			s->on_ready(s->arg);
	}
	c->walked = false;
	sweep_channel(c);
}

static bool
is_settled(const struct channel *c)
{
	return c->moving == 0 && c->wanted && !c->refused;
}

static void
on_answer(void *arg, const struct redis_reply *r)
{
	struct channel *c = arg;

	if (r == NULL)
		return;			/* lost: on_state starts over */
	c->moving--;
	if (r->type == REDIS_ERR) {
		log_error("redis refused a subscription", JS("error", r->s.p));
		c->refused = true;
	}
	if (is_settled(c))
		confirm_channel(c, true);
	else
		sweep_channel(c);
}

/* Messages arrive between the answers. */
static bool
on_push(struct redis_conn *rc, const struct redis_reply *r)
{
	struct channel *c;

	(void)rc;
	if (r->type == REDIS_ARRAY && r->n == 4 && str_eq(r->v[0].s, STR("pmessage"))) {
		c = find_channel(r->v[1].s.p, r->v[1].s.n, true);
		if (c != NULL && r->v[3].type == REDIS_STR)
			deliver_message(c, r->v[2].s.p, r->v[3].s.p, r->v[3].s.n);
		return true;
	}
	if (r->type != REDIS_ARRAY || r->n != 3 || !str_eq(r->v[0].s, STR("message")))
		return false;
	if (str_eq(r->v[1].s, STR(INVALIDATE))) {
		if (tracker != NULL)
			tracker->on_invalid(&r->v[2]);
		return true;
	}
	c = find_channel(r->v[1].s.p, r->v[1].s.n, false);
	if (c != NULL && r->v[2].type == REDIS_STR)
		deliver_message(c, c->name, r->v[2].s.p, r->v[2].s.n);
	return true;
}

static void
each_channel(void (*fn)(struct channel *))
{
	struct hashtab_node *node, *next;
	size_t slot;

	for (node = hashtab_each(&channels, &slot, NULL); node != NULL; node = next) {
		next = hashtab_each(&channels, &slot, node);
		fn(HOLDER(node, struct channel, node));
	}
}

static void
start_over(struct channel *c)
{
	c->moving = 0;
	c->wanted = c->refused = false;
	sweep_channel(c);
}

static void
on_client_id(void *arg, const struct redis_reply *r)
{
	(void)arg;
	client_id = r != NULL && r->type == REDIS_INT ? r->i : 0;
}

static void
on_tracked(void *arg, const struct redis_reply *r)
{
	(void)arg;
	if (r != NULL && r->type == REDIS_ARRAY && tracker != NULL)
		tracker->on_redirect(client_id);
}

static void
subscribe_invalid(void)
{
	redis_conn_command(&conn, on_tracked, NULL, "SUBSCRIBE " INVALIDATE);
}

void
redis_sub_set_tracker(const struct redis_tracker *t)
{
	tracker = t;
	conn.idle_ping_ms = TRACK_PING_MS;
	if (conn.state == REDIS_CLOSED)
		redis_conn_open(&conn);
	else if (conn.state == REDIS_UP)
		subscribe_invalid();
}

static void
on_subscriber_state(struct redis_conn *c)
{
	if (c->state == REDIS_UP) {
		redis_conn_command(&conn, on_client_id, NULL, "CLIENT ID");
		if (tracker != NULL)
			subscribe_invalid();
	} else {
		client_id = 0;
		if (tracker != NULL)
			tracker->on_redirect(0);
	}
	each_channel(start_over);	/* down: drops unused channels; up: subscribes to the used ones in one write */
	tell_owner();
}

/* Runs the ready callbacks of those who joined a subscribed channel. */
static void
on_late(struct loop_timer *t)
{
	struct channel *c;

	(void)t;
	while ((c = late) != NULL) {
		leave_late(c);
		if (is_settled(c))
			confirm_channel(c, false);
	}
}

void
redis_sub_flush(void)
{
	redis_conn_flush(&conn);
}

void
redis_sub_hurry(void)
{
	redis_conn_hurry(&conn);
}

void
redis_sub_move(void)
{
	redis_conn_move(&conn);
}

void
redis_sub_open(const struct redis_server *s, void (*on_owner_state)(void))
{
	conn = (struct redis_conn){ .server = s, .on_state = on_subscriber_state, .on_push = on_push };
	tell_owner = on_owner_state;
	loop_timer_init(&late_timer, on_late, NULL);
}

static void
free_channel(struct channel *c)
{
	struct redis_sub *s;

	while ((s = c->subs) != NULL) {
		c->subs = s->next;
		free(s);
	}
	free(c);
}

void
redis_sub_close(void)
{
	conn.on_state = NULL;
	if (conn.state != REDIS_CLOSED)
		redis_conn_close(&conn);
	loop_timer_stop(&late_timer);
	each_channel(free_channel);
	hashtab_fini(&channels);
	late = NULL;
}

static struct redis_sub *
add_subscriber(const char *name, bool pattern, struct redis_sub wanted)
{
	size_t n = strlen(name);
	struct channel *c = find_channel(name, n, pattern);
	struct redis_sub *s = calloc(1, sizeof(*s));

	if (s == NULL)
		bug("no memory for a subscription");
	if (c == NULL)
		c = add_channel(name, n, pattern);
	*s = wanted;
	s->next = c->subs;
	s->channel = c;
	c->subs = s;
	if (is_settled(c) && !c->late) {
		c->late = true;
		c->late_next = late;
		late = c;
		loop_timer_start(&late_timer, 0, 0);
	}
	if (conn.state == REDIS_CLOSED)
		redis_conn_open(&conn);
	move_channel(c);
	return s;
}

struct redis_sub *
redis_subscribe(const char *channel, void (*on_message)(void *arg, const char *p, size_t n),
    void (*on_ready)(void *arg), void *arg)
{
	return add_subscriber(channel, false, (struct redis_sub){ .on_message = on_message, .on_ready = on_ready,
	    .arg = arg });
}

struct redis_sub *
redis_psubscribe(const char *pattern, void (*on_message)(void *arg, const char *channel, const char *p, size_t n),
    void *arg)
{
	return add_subscriber(pattern, true, (struct redis_sub){ .on_match = on_message, .arg = arg });
}

void
redis_unsubscribe(struct redis_sub **sp)
{
	struct redis_sub *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	s->gone = true;
	sweep_channel(s->channel);
}

#ifdef HOSTILE
int
redis_sub_fd(void)
{
	return conn.state == REDIS_UP ? conn.io.fd : -1;
}
#endif
