/* hostile_link.c -- breaks a connection to PostgreSQL or Redis while a coroutine waits on it. See hostile_link.h. */
#include "hostile_link.h"

#ifdef HOSTILE
#include <sys/socket.h>

#include "pgset.h"
#include "redis_conn.h"
#include "run/hostile.h"

static bool
break_wire(int fd)
{
	return fd >= 0 && shutdown(fd, SHUT_RDWR) == 0;
}

/* The coroutine's transaction, else any connection. */
static bool
lose_postgres(struct co *victim)
{
	int n = pgset_count(pgset_up), at = (int)hostile_below((uint32_t)n);
	struct pgconn *c, *found = NULL;

	for (c = pgset; c != NULL; c = c->next)
		if (c->state == PGCONN_UP && (c->holder == victim || (at-- == 0 && found == NULL)))
			found = c;
	return found != NULL && break_wire(found->io.fd);
}

static bool
lose_redis(struct co *victim)
{
	(void)victim;
	return break_wire(redis_commands_fd());
}

static bool
lose_subscriptions(struct co *victim)
{
	(void)victim;
	return break_wire(redis_sub_fd());
}

static const struct calamity calamities[] = {
	{ "PostgreSQL is lost", 1, lose_postgres },
	{ "Redis is lost", 1, lose_redis },
	{ "subscriptions are lost", 1, lose_subscriptions },
	{ NULL, 0, NULL },
};

void
hostile_link(void)
{
	hostile_enlist(calamities);
}
#endif
