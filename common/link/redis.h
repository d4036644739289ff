/* redis.h -- Redis as calls that yield. Two connections a process: one for commands, one for subscriptions.
 *
 * Commands of concurrent coroutines are pipelined and leave in one write a loop turn. A lost connection is reopened
 * with back-off; commands under way fail with E_DOWN; subscriptions are renewed. Owns: hiredis. See: t/unit/redis.c.
 */
#ifndef LINK_REDIS_H
#define LINK_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum redis_type { REDIS_NIL, REDIS_STR, REDIS_INT, REDIS_ARRAY, REDIS_STATUS, REDIS_ERR };
struct redis_reply {
	enum redis_type		 type;
	struct str		 s;	/* STR, STATUS, ERR; NUL-terminated */
	int64_t			 i;
	struct redis_reply	*v;	/* ARRAY */
	size_t			 n;
};

struct conf;

/* Whether REDIS_* of *c make sense: 0, or E_VALIDATION with *why, a static text. Uses `mem`. Not while Redis is open.
 */
int	 redis_conf_check(const struct conf *c, struct arena *mem, const char **why);
/* Start connecting to the configured server (REDIS_URL or REDIS_*); returns at once. Once a process. A host name is
 * resolved in the loop, blocking: give an address where the resolver is slow. */
void	 redis_open(void);
/* What is under way fails with E_DOWN; all subscriptions end. */
void	 redis_close(void);
/* Whether both connections are up, commands and subscriptions; whether neither is. */
bool	 redis_up(void);
bool	 redis_away(void);
/* Why the last attempt to connect failed, in the system's or the server's words; "" where none has. Static. */
const char *redis_why(void);

/* While it is not connected commands fail at once, but for the first REDIS_TIMEOUT_MS of the process, when they wait.
 * No blocking commands (BLPOP, …): they would block every other command, and count as a dead server. One command,
 * printf-like as hiredis formats it (%s, %b with size_t, %lld); the reply is copied into the coroutine's arena (`out`
 * may be NULL). Yields. 0, E_DOWN (no connection, lost), E_BUSY (REDIS_PENDING_MAX), E_TIMEOUT, E_CANCELED, E_INTERNAL
 * for an error reply (logged). */
int	 redis_cmd(struct redis_reply *out, const char *fmt, ...);
/* Several commands in one go: queue each without waiting, then wait for all. `replies[i]` in order. */
struct redis_batch;
struct redis_batch *redis_batch(void);					/* in the coroutine's arena */
void	 redis_add(struct redis_batch *b, const char *fmt, ...);
/* yields; replies may be NULL; errors as redis_cmd */
int	 redis_run(struct redis_batch *b, struct redis_reply *replies);
/* Fire and forget, from any context; does not yield. Dropped while disconnected. Failures are counted, not reported.
 */
void	 redis_send(const char *fmt, ...);
/* A Lua script, run by its digest. In static memory, with `text` alone set; `fmt` begins with the number of keys: "0
 * %s". */
enum { REDIS_DIGEST_CHARS = 40 };
struct redis_script {
	const char	*text;
	char		 digest[REDIS_DIGEST_CHARS + 1];	/* "": not known yet */
	bool		 asked;
};
int	 redis_eval(struct redis_reply *out, struct redis_script *s, const char *fmt, ...);	/* as redis_cmd */
void	 redis_send_eval(struct redis_script *s, const char *fmt, ...);				/* as redis_send */
/* The same of a script that takes a list of steps: for each the number of its arguments, then these. Steps that
 * follow one another are one call, so a turn's bookkeeping costs one command; any other command leaves after them. */
void	 redis_send_step(struct redis_script *s, const struct str *args, size_t n);
/* As redis_send_eval, and on_told(arg, rc) is called once, with 0 or the error as redis_cmd has it: at once where it
 * cannot be sent, E_CANCELED when the process closes Redis; not in a coroutine, must not yield. E_DOWN: it may have
 * been executed when it was sent before the connection was lost. */
void	 redis_send_eval_told(struct redis_script *s, void (*on_told)(void *arg, int rc), void *arg, const char *fmt,
	    ...);
/* One string value: 0 with *out (p NULL when the key is absent). Yields. */
int	 redis_get(const char *key, struct str *out);

/* Call back on every message of the channel until redis_unsubscribe; not in a coroutine, must not yield. The
 * subscription is renewed after reconnection, and `on_message` is then called once with p == NULL (something may have
 * been missed). `on_ready` (may be NULL) is called once, when the server first confirmed it. */
struct redis_sub;
struct redis_sub *redis_subscribe(const char *channel, void (*on_message)(void *arg, const char *p, size_t n),
	    void (*on_ready)(void *arg), void *arg);
/* The same for all channels that match a pattern (PSUBSCRIBE): `on_message` gets the channel. Gaps are not reported. */
struct redis_sub *redis_psubscribe(const char *pattern, void (*on_message)(void *arg, const char *channel,
    const char *p, size_t n),
	    void *arg);
void	 redis_unsubscribe(struct redis_sub **s);

/* Round-trip time of a PING now, microseconds, in *us. Yields. Errors as redis_cmd. */
int	 redis_ping(int64_t *us);

#endif
