/* trend.h -- rising keywords: counted in Redis, decayed, snapshotted to trend_keywords.
 *
 * Each positive interaction counts the keywords of its video twice, in a count that halves every TRENDS_HALF_LIFE and
 * in one that halves every TRENDS_USUAL_HALF_LIFE; the first over the second is the growth. Decay goes forward: a
 * count made at t weighs 2^((t - start) / half-life), where `start` begins the key's epoch, so that nothing is ever
 * rewritten. `trends:intact` marks counts that are whole: it goes with Redis' data, after a failed write, and daily;
 * cron then counts anew from user_video_interactions.
 */
#ifndef CURATION_TREND_H
#define CURATION_TREND_H

#include "base/buf.h"

/* Keywords with weights, gathered for one message to Redis. Zeroed: empty. */
struct trend_counts {
	struct buf	 list;
};
void	 trend_count(struct trend_counts *c, const char *keyword, double weight);
/* Sends and empties it. Does not yield. */
void	 trend_counts_send(struct trend_counts *c);

/* Computes the trends, stores them in trend_keywords and refreshes trends:active; one process does it. *n: keywords
 * that have become trends. Yields. Errors as pg_query and redis_cmd. */
int	 trend_snapshot(int64_t *n);
/* The active trends, highest score first: [{keyword,score,growth,source,since,updatedAt}]; cached as trends:active.
 * Yields. Errors as pg_query. */
int	 trend_active(struct arena *mem, struct str *list);

#endif
