/* bucket.h -- token buckets that all processes of a host take from: one anonymous mapping, made by the master before it
 * forks.
 *
 * A bucket is one 64-bit word, changed by one compare-and-swap: no locks, nothing that a process killed at any
 * instruction could leave half done. A full bucket is the same as none, so the table forgets those first; when it is
 * crowded, the fullest of the eight neighbours. Two keys share a bucket with a chance of about one in 100,000. Nothing
 * here yields.
 */
#ifndef PROC_BUCKET_H
#define PROC_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many tokens, refilled evenly within so long. */
struct bucket_rate {
	int64_t	 tokens, per_ms;
};
struct bucket_level {
	bool	 taken;		/* a token was there */
	int64_t	 left;		/* whole tokens now */
	int64_t	 retry_ms;	/* until the next token, when none was there; else 0 */
	int64_t	 full_ms;	/* until the bucket is full again */
};

/* Map the table (master, once). Without one every token is there. */
void		 bucket_create(void);
/* The key of a bucket: of these bytes and a number of the caller's; not foreseeable from outside. */
uint64_t	 bucket_key(const void *p, size_t n, unsigned salt);
/* Take one token. */
void		 bucket_take(uint64_t key, const struct bucket_rate *rate, struct bucket_level *out);
/* Whether a token is there, which stays. */
void		 bucket_look(uint64_t key, const struct bucket_rate *rate, struct bucket_level *out);
/* Empty the bucket for `ms`. */
void		 bucket_drain(uint64_t key, const struct bucket_rate *rate, int64_t ms);

#endif
