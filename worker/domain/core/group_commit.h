/* group_commit.h -- rows of many callers, stored together: those that arrive while a batch is being written share the
 * next one.
 *
 * With little to do an entry is written at once and alone; under load one commit serves many. An entry belongs to the
 * queue from the moment it is added, so it is written even when nobody waits for it any more. The order of entries is
 * kept within a batch and, with one writer, between batches.
 */
#ifndef CORE_GROUP_COMMIT_H
#define CORE_GROUP_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "run/co.h"
#include "run/loop.h"

/* The head of an entry: the first member of the owner's struct. */
struct group_entry {
	struct group_entry	*next;
	struct co		*waiter;	/* NULL: nobody waits, or not any more */
	struct arena		 mem;	/* the entry itself, what it refers to, and its results; freed with it */
	bool			 settled;
	int			 rc;		/* once settled: 0 or an error */
};

enum { GROUP_SETTLED = 1 };

struct group_commit {
	/* In static memory; set by the owner, who may change batch_max at any time. */
	/* stores the batch; yields. Its result settles all of it, or GROUP_SETTLED: it has settled each by group_settle
	 */
	int	(*write)(struct group_entry *const *batch, size_t n);
	void	(*settled)(size_t n, int rc);	/* optional: so many left the queue, stored (0) or given up (why) */
	/* a write begins on the loop's next turn, so that entries may be added in any context */
	bool	  deferred;
	size_t	  batch_max;			/* entries in one batch */
	int	  writers_max;			/* batches written at the same time */
	int64_t	  limit_ms;			/* deadline of a write; 0: none */
	/* pause before an attempt is repeated that failed for now (PostgreSQL away, busy, slow); needs writers_max 1.
	 * 0: not repeated, the error settles the batch */
	int64_t	  retry_ms;
	int64_t	  refused_ms;			/* pause after a batch that PostgreSQL will never take */

	/* Its own. */
	struct group_entry	 *first, **end;
	size_t			  n;		/* added and not yet settled */
	int			  writers;
	struct co_gate		  emptied;
	struct loop_timer	  timer;
};

/* A zeroed entry of `bytes` (the owner's struct), on the heap, with an arena whose blocks have `block_bytes`. */
void	*group_entry_new(size_t bytes, size_t block_bytes);
void	 group_entry_free(struct group_entry *e);

/* Add an entry and wait until it is settled. Yields. 0: look at e->rc; the entry is the caller's to free. Else why the
 * caller waits no longer (as co_park): the entry is the queue's, and may be stored yet. */
int	 group_commit_wait(struct group_commit *g, struct group_entry *e);
/* An entry that is one JSON object. */
struct group_record {
	struct group_entry	 entry;
	struct str		 json;
};
/* Add a copy of a record that nobody waits for; false when `max` wait already. Does not yield. */
bool	 group_commit_add_record(struct group_commit *g, size_t max, const char *json, size_t n);
/* A batch of records as one JSON array, in `mem`. */
const char *group_records_json(struct arena *mem, struct group_entry *const *batch, size_t n);
/* From `write`: this entry is stored (0) or refused. It may be gone on return. Does not yield. */
void	 group_settle(struct group_commit *g, struct group_entry *e, int rc);
/* Wait until nothing is left to write; what waits for its pause is tried at once. Yields. Results as co_park. */
int	 group_commit_flush(struct group_commit *g);

#endif
