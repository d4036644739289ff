/* dead_letter.h -- dead letters: messages that can never be applied or sent, kept for an operator to decide about.
 *
 * A message from a topic keeps its topic, partition and offset; one from the outbox that Kafka refused has partition
 * -1 and its outbox id as the offset. A retry moves the message into the outbox in one transaction. Its headers are
 * kept, so that consumers still recognise a duplicate.
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
	const char	*key;				/* NULL: none, or not valid text */
	struct str	 value;
	const char	*message_id, *type, *traceparent;	/* headers; NULL when absent */
	const char	*reason, *created;		/* created: ISO 8601 */
};
/* Stores one in `pg`'s transaction; `mem` is scratch memory. Yields. Errors as pg_query. */
int	 dead_letter_add(struct pg *pg, struct arena *mem, const struct dead_letter *d);

/* The message about it for the topic error-notifications; in `mem`. */
struct outbox_message dead_letter_notice(struct arena *mem, const struct dead_letter *d);

/* Selects dead letters: those with these ids (n_ids > 0), else all; of one topic only where that is not NULL. */
struct dead_letter_choice {
	const int64_t	*ids;
	size_t		 n_ids;
	const char	*topic;
};
/* The oldest selected ones with an id above `after`, at most `max`, in the coroutine's arena. Yields. Errors as
 * pg_query. */
int	 dead_letter_list(const struct dead_letter_choice *c, int64_t after, int max, struct dead_letter **v, int *n);
/* A page for an operator: [{"id","topic","key","error","attempts","createdAt","payload","payloadBytes","truncated"}],
 * the oldest first. A payload is text of at most DEAD_LETTER_SHOWN_BYTES, or null where it is none. `cursor` NULL: from
 * the beginning. In the coroutine's arena. Yields. E_VALIDATION: a malformed cursor; else as pg_query. */
enum { DEAD_LETTER_SHOWN_BYTES = 4096 };
int	 dead_letter_page(const char *topic, const char *cursor, int64_t limit, struct str *list, const char **next);
/* Moves the selected ones to the outbox, *n of them; *kept are not valid text, which the outbox cannot hold, and stay.
 * Yields. Errors as pg_query. */
int	 dead_letter_retry(const struct dead_letter_choice *c, int *n, int *kept);
/* Deletes the selected ones, *n of them. Yields. Errors as pg_query. */
int	 dead_letter_drop(const struct dead_letter_choice *c, int *n);

#endif
