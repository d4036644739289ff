/* pg_url.h -- database URLs as other libraries write them (Prisma, node-postgres), made fit for libpq, which refuses a
 * parameter that it does not know. */
#ifndef LINK_PG_URL_H
#define LINK_PG_URL_H

struct arena;
struct conf;

/* Rewrite DATABASE_URL and DATABASE_REPLICA_URL of *c, texts in `mem`: what Prisma calls otherwise is translated
 * (schema, socket_timeout, ssl…) or becomes the key that means it (connection_limit, pool_timeout,
 * max_idle_connection_lifetime), what nobody knows is logged and left out. 0, or E_VALIDATION with *why. */
int	 pg_url_settle(struct conf *c, struct arena *mem, const char **why);

#endif
