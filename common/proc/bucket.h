/* bucket.h -- token buckets shared by all processes of a host: one anonymous mapping, made by the master before it
 * forks.
 *
 * A bucket is one 64-bit word, changed by compare-and-swap: there are no locks, and a process killed at any
 * instruction leaves nothing half done. A full bucket equals none, so the table evicts full ones first; in a crowded
 * table, the fullest of eight neighbours. Two keys share a bucket with a probability of about one in 100,000. Nothing
 * here yields.
 */
#ifndef PROC_BUCKET_H
#define PROC_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `tokens`, refilled evenly within `per_ms`. */
struct bucket_rate {
	int64_t	 tokens, per_ms;
};
struct bucket_level {
	bool	 taken;		/* a token was there */
	int64_t	 left;		/* whole tokens now */
	int64_t	 retry_ms;	/* until the next token, when none was there; else 0 */
	int64_t	 full_ms;	/* until the bucket is full again */
};

/* Map the table (master, once). Without it every take succeeds. */
void		 bucket_create(void);
/* The key of a bucket, from these bytes and a salt of the caller's. Seeded: not predictable from outside. */
uint64_t	 bucket_key(const void *p, size_t n, unsigned salt);
/* Take one token. */
void		 bucket_take(uint64_t key, const struct bucket_rate *rate, struct bucket_level *out);
/* Whether a token is available; takes none. */
void		 bucket_look(uint64_t key, const struct bucket_rate *rate, struct bucket_level *out);
/* Empty the bucket for `ms`. */
void		 bucket_drain(uint64_t key, const struct bucket_rate *rate, int64_t ms);

#endif
