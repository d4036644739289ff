/* group_commit.h -- stores the rows of many callers in one commit: entries that arrive during a write share the next
 * batch.
 *
 * An entry is written at once and alone when idle; under load one commit serves many. The queue owns an entry once it
 * is added, so it is written even if its caller stops waiting. Order is kept within a batch and, with one writer,
 * between batches.
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
	struct co		*waiter;	/* NULL: no caller waits, or no longer */
	const struct trace	*trace;	/* of its caller, in `mem`; NULL: not recorded */
	struct arena		 mem;	/* holds the entry itself, its data and its results; freed with it */
	bool			 settled;
	int			 rc;		/* once settled: 0 or an error */
};

enum { GROUP_SETTLED = 1 };

struct group_commit {
	/* Set by the owner, in static memory; batch_max may change at any time. */
	/* stores the batch; yields. Its result settles every entry; GROUP_SETTLED: it settled each one by group_settle
	 */
	int	(*write)(struct group_entry *const *batch, size_t n);
	/* optional: n entries left the queue, stored (rc 0) or given up (rc: why) */
	void	(*settled)(size_t n, int rc);
	/* a write begins on the loop's next turn, so that entries may be added in any context */
	bool	  deferred;
	size_t	  batch_max;			/* entries in one batch */
	int	  writers_max;			/* batches written at the same time */
	int64_t	  limit_ms;			/* deadline of a write; 0: none */
	/* pause before a batch is retried after a passing error (PostgreSQL away, busy, slow); needs writers_max 1. 0:
	 * no retry, the error settles the batch */
	int64_t	  retry_ms;
	int64_t	  refused_ms;			/* pause after a batch that PostgreSQL refuses for good */

	/* Private. */
	struct group_entry	 *first, **end;
	size_t			  n;		/* added and not yet settled */
	int			  writers;
	struct co_gate		  emptied;
	struct loop_timer	  timer;
};

/* A zeroed entry of `bytes` (the owner's struct) on the heap, with an arena of blocks of `block_bytes`. Freed by
 * group_entry_free. */
void	*group_entry_new(size_t bytes, size_t block_bytes);
void	 group_entry_free(struct group_entry *e);

/* Adds an entry and waits until it is settled. Yields. 0: settled, see e->rc; the caller frees it. An error as
 * co_park: the caller stopped waiting; the queue owns the entry and may still store it. */
int	 group_commit_wait(struct group_commit *g, struct group_entry *e);
/* An entry that is one JSON object. */
struct group_record {
	struct group_entry	 entry;
	struct str		 json;
};
/* Adds a copy of a record without waiting; false when `max` are queued already. Does not yield. */
bool	 group_commit_add_record(struct group_commit *g, size_t max, const char *json, size_t n);
/* A batch of records as one JSON array, in `mem`. */
const char *group_records_json(struct arena *mem, struct group_entry *const *batch, size_t n);
/* For `write`: settles one entry, stored (0) or refused (why). The entry may be freed on return. Does not yield. */
void	 group_settle(struct group_commit *g, struct group_entry *e, int rc);
/* Waits until the queue is empty; a pause before a retry is cut short. Yields. Results as co_park. */
int	 group_commit_flush(struct group_commit *g);

#endif
