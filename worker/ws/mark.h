/* mark.h -- a message to oneself: when it has come over the subscriptions, so has everything that was published before it.
 *
 * Redis answers commands on one connection and brings messages on another, and either may be late. Who reads a log and then wants
 * to go on with what the channels bring lets the reading script publish a mark, and waits for it.
 */
#ifndef WS_MARK_H
#define WS_MARK_H

#include <stdbool.h>
#include <stdint.h>

struct co;

struct mark {
	struct mark	*next;
	struct co	*co;
	bool		 seen;
	char		 text[24];		/* to be published on mark_channel() */
};

/* Once a process; `process` is its name. */
void	 mark_start(const char *process);
const char *mark_channel(void);
/* A new mark of the running coroutine, in its caller's memory until mark_wait has returned. */
void	 mark_new(struct mark *m);
/* Yields until it has come, at most `ms`; then forgets it. 0, E_TIMEOUT, E_CANCELED. */
enum { MARK_MS = 3000 };
int	 mark_wait(struct mark *m, int64_t ms);

#endif
