/* ask.h -- questions to processes of all hosts, by way of Redis: one is published, everyone who listens answers.
 *
 * A question is published on {family}:ask; Redis returns the number of receivers, and each of them answers on
 * {family}:answer:{id}. A killed process thus neither counts nor delays. Questions and answers are JSON objects; a
 * question has the members "id" and "what", and those of the caller.
 */
#ifndef CORE_ASK_H
#define CORE_ASK_H

#include <stdbool.h>

#include "base/json.h"

struct ask_answer {
	struct ask_answer	*next;
	const struct json	*json;
};
struct ask_answers {
	struct ask_answer	*first;		/* in no order; in the arena of the call */
	int64_t			 asked, answered;	/* processes */
};
/* Of whom what is asked, and when the waiting ends. */
struct ask_how {
	const char	*family, *what;
	int64_t		 wait_ms;	/* at most */
	int64_t		 enough;	/* answers; ASK_EVERYBODY: one of each process that listens */
};
#define ASK_EVERYBODY	INT64_MAX
enum { ASK_WAIT_MS = 1000 };

/* Asks the processes that listen to this family: `question` are its other members. The answers are in `mem`, which is
 * the calling coroutine's arena. Yields. 0 (incomplete when the time is over: `answered` is less than `asked` then),
 * E_DOWN, E_CANCELED, E_TIMEOUT. */
int	 ask_n(struct arena *mem, const struct ask_how *how, struct ask_answers *out, const struct json_field *question,
    size_t n);
#define ask(mem, how, out, ...) \
	ask_n(mem, how, out, (const struct json_field[]){ { .kind = FIELD_SKIP }, __VA_ARGS__ }, \
	    sizeof((const struct json_field[]){ { .kind = FIELD_SKIP }, __VA_ARGS__ }) / sizeof(struct json_field))
/* The same of everybody, for ASK_WAIT_MS. */
#define ask_all(mem, family, what, out, ...) \
	ask(mem, (&(struct ask_how){ family, what, ASK_WAIT_MS, ASK_EVERYBODY }), out, __VA_ARGS__)

/* Answers the questions of a family in this process from now on; once a family. `answer` appends one JSON object for
 * the question `what` with its members `q`, or nothing, where it has no answer; it must not yield, `mem` is scratch
 * memory. */
struct ask_listener {
	const char	*family;
	void		(*answer)(struct buf *out, struct arena *mem, const char *what, const struct json *q);
	struct redis_sub *sub;
};
void	 ask_listen(struct ask_listener *l);
/* Listens no more; harmless when it does not. */
void	 ask_ignore(struct ask_listener *l);

#endif
