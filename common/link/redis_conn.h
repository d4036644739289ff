/* redis_conn.h -- one connection to Redis, for redis.c and redis_sub.c only: commands go in, replies come back in
 * order.
 *
 * It connects, logs in, selects the database and retries by itself, with back-off. Commands of one loop turn leave in
 * one write. The callbacks of pending commands wait in a ring; when the connection is lost each is called without a
 * reply.
 */
#ifndef LINK_REDIS_CONN_H
#define LINK_REDIS_CONN_H

#include <stdarg.h>

#include "base/buf.h"
#include "redis.h"
#include "run/loop.h"

struct conf;

enum { REDIS_SENTINELS_MAX = 16 };
struct redis_place { const char *host; int port; };	/* port 0: not known yet */

/* Where the server is. From REDIS_URL or REDIS_*. */
struct redis_server {
	struct redis_place at;
	const char	*user, *password;	/* "" for none */
	int		 db;
	bool		 tls;
	/* With Sentinel: the name of the primary, else NULL, and the sentinels to ask for its address. */
	const char	*primary;
	struct redis_place sentinels[REDIS_SENTINELS_MAX];
	int		 n_sentinels;
	bool		 sentinel_tls;
};
/* Read redis://[[user]:password@]host[:port][/db] or redis-sentinel://[[user]:password@]host[:port],…/primary[/db],
 * with TLS rediss:// or rediss-sentinel:// (with + in the place of - too); what stands behind a ? is left out. Texts
 * live in `mem`. 0 or E_VALIDATION. */
int	 redis_server_parse(struct arena *mem, const char *url, struct redis_server *out);

/* Where *c says that the server is, its texts in `mem` or in *c; with TLS, open that for the connections to come. 0, or
 * E_VALIDATION with *why, a static text. */
int	 redis_server_of(const struct conf *c, struct arena *mem, struct redis_server *out, const char **why);

/* `r` is valid during the call; NULL when the connection was lost. Must not yield. */
typedef void redis_reply_fn(void *arg, const struct redis_reply *r);

enum redis_conn_state { REDIS_CLOSED, REDIS_CONNECTING, REDIS_HANDSHAKE, REDIS_LOGIN, REDIS_UP, REDIS_BACKOFF };

struct redis_conn;
/* Steps of one script, which are to leave as one call (redis_script.c). `close` is called before anything else is
 * queued, and before what is queued is written. */
enum { REDIS_STEPS_MAX = 32 };
struct redis_steps {
	struct redis_script	*script;	/* NULL: none */
	redis_reply_fn		*fn;
	void			(*close)(struct redis_conn *c);
	struct buf		 args;		/* as the wire wants them */
	size_t			 n_args;
	int			 n;
};

struct redisContext;
struct redis_tls;
struct redis_conn {
	enum redis_conn_state	 state;
	const struct redis_server *server;
	/* The owner's callbacks: the connection came up or was lost; a reply that no coroutine waits for (true:
	 * taken, else it is for the ring). Either may be NULL. */
	void			(*on_state)(struct redis_conn *c);
	bool			(*on_push)(struct redis_conn *c, const struct redis_reply *r);
	int64_t			idle_ping_ms;	/* a server silent for so long is asked whether it is there; 0: 10 s */
	/* Private from here. */
	struct redisContext	*wire;
	struct redis_tls	*tls;		/* NULL: none */
	struct loop_io		 io;
	struct loop_timer	 timer;
	struct buf		 out;
	struct redis_steps	 steps;
	struct arena		 mem;		/* of the reply being read */
	struct redis_wait {
		redis_reply_fn	*fn;
		void		*arg;
	}			*ring;
	size_t			 first, n, cap;	/* cap is a power of two */
	int64_t			 heard_ms;	/* when the server last showed life */
	int64_t			 looked_ms;	/* when that was last looked at; 0: not yet */
	int			 failures;	/* to connect, in a row */
	char			 why[160];	/* the last failure; "" while it is up or was never tried */
	int			 logins;	/* replies of the login still to come */
	bool			 was_up;
};

/* Start connecting; goes on trying until closed. `c` is zeroed but for server and the owner's hooks, and must not move.
 */
void	 redis_conn_open(struct redis_conn *c);
/* Every waiting command is failed with the loss of the connection. */
void	 redis_conn_close(struct redis_conn *c);
/* Queue one command as the wire wants it (redis_format); `fn` gets its reply. Only while state is REDIS_UP. */
void	 redis_conn_add(struct redis_conn *c, const char *wire, size_t n, redis_reply_fn *fn, void *arg);
/* As redis_conn_add, formatted. */
void	 redis_conn_command(struct redis_conn *c, redis_reply_fn *fn, void *arg, const char *fmt, ...);
/* The server was just reached by another connection: retry at once. */
void	 redis_conn_hurry(struct redis_conn *c);
/* Its server is elsewhere now: drop the connection, and make another. */
void	 redis_conn_move(struct redis_conn *c);
/* Write what was queued; once a loop turn. */
void	 redis_conn_flush(struct redis_conn *c);

/* The bytes of a command; free with redis_format_free. A wrong format is a bug. */
char	*redis_format(const char *fmt, va_list ap, size_t *n);
void	 redis_format_free(char *wire);

/* For redis.c: queue a call of a script, as redis_conn_add. */
void	 redis_script_add(struct redis_conn *c, struct redis_script *s, const char *fmt, va_list ap, redis_reply_fn *fn,
    void *arg);
/* For redis.c: add a step of `n` arguments to the call that is being gathered, or begin one; `fn` gets its reply. */
void	 redis_script_step(struct redis_conn *c, struct redis_script *s, const struct str *args, size_t n,
    redis_reply_fn *fn);

/* For redis.c: subscriptions come and go with it. */
void	 redis_sub_open(const struct redis_server *s, void (*on_state)(void));
void	 redis_sub_close(void);
void	 redis_sub_flush(void);
void	 redis_sub_hurry(void);
bool	 redis_sub_up(void);		/* or not needed */
void	 redis_sub_move(void);

#ifdef HOSTILE
/* For hostile_link.c: the connections' descriptors, -1 while there is none. */
int	 redis_commands_fd(void);
int	 redis_sub_fd(void);
#endif

/* For redis.c: learn from Sentinel where the primary is, again and again, and write it to s->at; `on_moved` is called
 * when it is known first and when it has moved. */
void	 redis_sentinel_open(struct redis_server *s, void (*on_moved)(void));
void	 redis_sentinel_close(void);
void	 redis_sentinel_flush(void);

/* What near.c or redis_watch.c is notified of: whether the command connection is up; the connection on which
 * invalidations arrive (id 0: none); keys that are no longer valid (no array: none is); that redis_close begins. */
struct redis_tracker {
	void	(*on_commands)(bool up);
	void	(*on_redirect)(int64_t id);
	void	(*on_invalid)(const struct redis_reply *keys);
	void	(*on_close)(void);
};
/* Registers the tracker and notifies it of the present state; once a process. The subscriptions have the same call,
 * made by this one. */
void	 redis_set_tracker(const struct redis_tracker *t);
void	 redis_sub_set_tracker(const struct redis_tracker *t);
/* Have keys tracked that were read after CLIENT CACHING YES, and announced to connection `redirect`. */
void	 redis_track(redis_reply_fn *fn, void *arg, int64_t redirect);
/* The same for all keys that begin with `prefix`, read or not. */
void	 redis_track_prefix(redis_reply_fn *fn, void *arg, int64_t redirect, const char *prefix);

#endif
