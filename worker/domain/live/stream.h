/* stream.h -- live-commerce streams: plan, life cycle, and the products they show.
 *
 * A stream is scheduled, then live, then ended. Its seller and admins change it. Changes are published to its room
 * stream:{streamKey} (stream:started, stream:updated, stream:products, stream:ended), and so are changes of its
 * products (product_change.h). All functions yield; errors as pg_query, and those named.
 */
#ifndef LIVE_STREAM_H
#define LIVE_STREAM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "link/pg.h"
#include "worker/domain/core/caller.h"

enum { STREAM_TITLE_MAX = 200, STREAM_DESCRIPTION_MAX = 2000, STREAM_SLOW_MAX_S = 3600, STREAM_URL_MAX = 2000 };

/* The members of a stream; NULL or negative: unchanged. */
struct stream_plan {
	const char	*title, *description;
	const char	*scheduled_at;		/* ISO 8601 */
	const char	*playback_url;		/* http or https URL of the video; "": removes it */
	int64_t		 slow_mode_s;		/* seconds between two chat messages of one user; 0: off */
};

/* Creates a stream; *json as stream_read returns it. */
int	 stream_create(struct arena *mem, const char *seller, const struct stream_plan *plan, struct str *json);
/* {streamKey,title,description,sellerId,status,scheduledAt,playbackUrl,startedAt,endedAt,slowModeSeconds,viewers,
 * peakViewers,totalViewers,
 * createdAt,updatedAt,products:[…]}. E_NOT_FOUND. */
int	 stream_read(struct arena *mem, const char *key, struct str *json);
/* The functions below also: E_NOT_FOUND, E_FORBIDDEN (another seller's). */
int	 stream_change(struct arena *mem, const char *key, const struct caller *who, const struct stream_plan *plan,
    struct str *json);
/* E_CONFLICT: it was started before, or is not live. */
int	 stream_start(struct arena *mem, const char *key, const struct caller *who, struct str *json);
int	 stream_end(struct arena *mem, const char *key, const struct caller *who, struct str *json);
/* Deletes a stream that was never live: else E_CONFLICT. */
int	 stream_delete(struct arena *mem, const char *key, const struct caller *who);

/* One page: live streams (newest start first), then scheduled ones (soonest first), then ended ones (latest first), of
 * this status and seller (NULL: any). As stream_read, without products. E_VALIDATION: a malformed cursor. */
int	 stream_list(struct arena *mem, const char *status, const char *seller, int64_t limit, const char *cursor,
    struct str *list, const char **next);

/* A stream's products in order: [{…product, position, highlighted, soldout}, …]. E_NOT_FOUND: no such stream. */
int	 stream_products(struct arena *mem, const char *key, struct str *list);
/* Pins one of the seller's products, at the end where position is negative. E_NOT_FOUND (stream or product),
 * E_FORBIDDEN (another seller's), E_CONFLICT (already pinned, STREAM_PRODUCTS_MAX reached, or the stream has ended). */
int	 stream_pin(struct arena *mem, const char *key, const struct caller *who, const char *product,
    int64_t position, bool highlight, struct str *list);
int	 stream_unpin(struct arena *mem, const char *key, const struct caller *who, const char *product,
    struct str *list);
/* Moves a product to `position` (negative: unchanged) and sets or clears its highlight (1, 0; negative: unchanged). */
int	 stream_arrange(struct arena *mem, const char *key, const struct caller *who, const char *product,
    int64_t position, int highlight, struct str *list);

/* For the files of streams: locks the stream's row in a transaction; *status is its status. E_NOT_FOUND, E_FORBIDDEN.
 */
int	 stream_lock(struct pg *pg, const char *key, const struct caller *who, const char **status);
const char *stream_room(struct arena *mem, const char *key);

#endif
