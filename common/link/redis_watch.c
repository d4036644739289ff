/* redis_watch.c -- see redis_watch.h. Does not yield. */
#include "redis_watch.h"

#include "base/log.h"
#include "redis_conn.h"

static struct {
	const char	*prefix;
	void		(*on_key)(const char *key, size_t n);
	int64_t		 redirect;		/* the subscription connection's id; 0: away */
	bool		 commands_up, asked;
} watch;

static void
on_tracking(void *arg, const struct redis_reply *r)
{
	if ((int64_t)(intptr_t)arg != watch.redirect || !watch.asked || r == NULL)
		return;			/* of connections that are gone */
	if (r->type == REDIS_ERR)
		log_warn("redis refuses to track keys, changes by hand are seen late", JS("error", r->s.p));
	else
		watch.on_key(NULL, 0);
}

static void
start_tracking(void)
{
	if (watch.asked || !watch.commands_up || watch.redirect == 0)
		return;
	watch.asked = true;
	redis_track_prefix(on_tracking, (void *)(intptr_t)watch.redirect, watch.redirect, watch.prefix);
}

static void
on_commands(bool up)
{
	watch.commands_up = up;
	watch.asked = watch.asked && up;
	start_tracking();
}

static void
on_redirect(int64_t id)
{
	watch.redirect = id;
	watch.asked = false;		/* a new connection needs a new redirection */
	start_tracking();
}

static void
on_invalid(const struct redis_reply *keys)
{
	size_t i;

	if (keys->type != REDIS_ARRAY) {	/* nil: everything was flushed */
		watch.on_key(NULL, 0);
		return;
	}
	for (i = 0; i < keys->n; i++)
		if (keys->v[i].type == REDIS_STR)
			watch.on_key(keys->v[i].s.p, keys->v[i].s.n);
}

static void
on_close(void)
{
	watch.commands_up = watch.asked = false;
	watch.redirect = 0;
}

void
redis_watch(const char *prefix, void (*on_key)(const char *key, size_t n))
{
	static const struct redis_tracker tracker = { .on_commands = on_commands, .on_redirect = on_redirect,
	    .on_invalid = on_invalid, .on_close = on_close };

	watch.prefix = prefix;
	watch.on_key = on_key;
	redis_set_tracker(&tracker);
}
