/* dead_letter.h -- dead letters: messages that can never be applied or sent, kept for a person to decide about.
 *
 * One that came from a topic keeps its place there; one from the outbox that Kafka refused has partition -1 and its
 * outbox id as offset. Sending one again puts it into the outbox, in the transaction that forgets it: it is told apart
 * by its headers as before.
 */
#ifndef CORE_DEAD_LETTER_H
#define CORE_DEAD_LETTER_H

#include "base/str.h"
#include "link/pg.h"
#include "outbox.h"

struct dead_letter {
	int64_t		 id;
	const char	*topic;
	int32_t		 partition;
	int64_t		 offset;
	const char	*key;				/* NULL: none, or no text */
	struct str	 value;
	const char	*message_id, *type, *traceparent;	/* headers; NULL when absent */
	const char	*reason, *created;		/* created: ISO 8601 */
};
/* Keep one, in `pg`'s transaction; `mem` for the while. Yields. Errors as pg_query. */
int	 dead_letter_add(struct pg *pg, struct arena *mem, const struct dead_letter *d);

/* What is said of one on error-notifications; in `mem`. */
struct outbox_message dead_letter_notice(struct arena *mem, const struct dead_letter *d);

/* Which ones: those with these ids (ids.n > 0), else all, of a topic alone where that is not NULL. */
struct dead_letter_choice {
	const int64_t	*ids;
	size_t		 n_ids;
	const char	*topic;
};
/* The oldest of them after `after` (an id), at most `max`, in the coroutine's arena. Yields. Errors as pg_query. */
int	 dead_letter_list(const struct dead_letter_choice *c, int64_t after, int max, struct dead_letter **v, int *n);
/* Send them again: *n were; *kept are no text, which the outbox cannot carry, and stay. Yields. Errors as pg_query. */
int	 dead_letter_retry(const struct dead_letter_choice *c, int *n, int *kept);
/* Forget them: *n were. Yields. Errors as pg_query. */
int	 dead_letter_drop(const struct dead_letter_choice *c, int *n);

#endif
