/* viewers.h -- counts a stream's viewers over all processes and hosts, each user once.
 *
 * stream:{streamKey}:viewers is a hash of users with the number of processes that have sockets of theirs; its length
 * is the count. Each process has a set of its own viewers (…:of:{process}) and a heartbeat in …:beat. Every count
 * sweeps the viewers of processes without a heartbeat for STREAM_VIEWER_LEASE_MS: a count is accurate that long after
 * a process or host was killed. A process that was only slow, or a Redis that lost data, gets all viewers reported
 * again (viewers_beat asks for it). The table stream_viewers holds everyone who ever watched; peak and total are in
 * streams. All yield.
 */
#ifndef LIVE_VIEWERS_H
#define LIVE_VIEWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/param.h"

/* These users began, or stopped, watching through this process; *count: the viewers now. Errors as redis_cmd. */
int	 viewers_come(const char *process, const char *key, struct strs people, int64_t *count);
int	 viewers_go(const char *process, const char *key, struct strs people, int64_t *count);

struct viewers_state {
	int64_t	 count;
	bool	 known;		/* false: Redis has lost this process's viewers of the stream, report them again */
};
/* The heartbeat of a process; out[i] is the state of keys[i]. Errors as redis_cmd. */
int	 viewers_beat(const char *process, const char *const *keys, size_t n, struct viewers_state *out);
/* The number of viewers of each stream. Errors as redis_cmd. */
int	 viewers_count(const char *const *keys, size_t n, int64_t *out);

/* Stores that these users have watched, and the peak. Errors as pg_query. */
int	 viewers_store(const char *key, struct strs people, int64_t peak);

#endif
