/* viewers.h -- who watches a stream now, over all processes and hosts, each person once.
 *
 * stream:{streamKey}:viewers is a hash of people, with the number of processes that have sockets of them, so its length
 * is the count. Each process has a set of its own people (…:of:{process}) and beats in …:beat. Whoever counts takes
 * away what processes left that have not beaten for STREAM_VIEWER_LEASE_MS: a count is right that long after a process
 * or a host was killed. A process that was only slow, or a Redis that lost its data, is told all people again
 * (viewers_beat says so). Who has ever been there is in the table stream_viewers; the peak and the total are in
 * streams. All yield.
 */
#ifndef LIVE_VIEWERS_H
#define LIVE_VIEWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/param.h"

/* These people watch it by this process now, or no longer; *count: how many there are. Errors as redis_cmd. */
int	 viewers_come(const char *process, const char *key, struct strs people, int64_t *count);
int	 viewers_go(const char *process, const char *key, struct strs people, int64_t *count);

struct viewers_state {
	int64_t	 count;
	bool	 known;		/* false: what this process had told of it is gone, tell it again */
};
/* The process is alive; out[i] is of keys[i]. Errors as redis_cmd. */
int	 viewers_beat(const char *process, const char *const *keys, size_t n, struct viewers_state *out);
/* How many watch each of these streams. Errors as redis_cmd. */
int	 viewers_count(const char *const *keys, size_t n, int64_t *out);

/* Remember that these people were there, and that there were so many at once. Errors as pg_query. */
int	 viewers_store(const char *key, struct strs people, int64_t peak);

#endif
