/* stream.h -- streams that sell live: their plan, their course, and the products that are shown in them.
 *
 * A stream is scheduled, then live, then ended. Its seller changes it, admins too. What becomes of it is told in its
 * room stream:{streamKey} (stream:started, stream:updated, stream:products, stream:ended), what becomes of its products
 * too (product_change.h). All yield; errors as pg_query, and those named.
 */
#ifndef LIVE_STREAM_H
#define LIVE_STREAM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "link/pg.h"
#include "worker/domain/core/caller.h"

enum { STREAM_TITLE_MAX = 200, STREAM_DESCRIPTION_MAX = 2000, STREAM_SLOW_MAX_S = 3600, STREAM_URL_MAX = 2000 };

/* What a seller says of a stream; NULL or negative: nothing, when it is changed. */
struct stream_plan {
	const char	*title, *description;
	const char	*scheduled_at;		/* ISO 8601 */
	const char	*playback_url;		/* http or https, what plays it; "": none any more */
	int64_t		 slow_mode_s;		/* between two messages of somebody; 0: off */
};

/* Make one; *json as stream_read shows it. */
int	 stream_create(struct arena *mem, const char *seller, const struct stream_plan *plan, struct str *json);
/* {streamKey,title,description,sellerId,status,scheduledAt,playbackUrl,startedAt,endedAt,slowModeSeconds,viewers,
 * peakViewers,totalViewers,
 * createdAt,updatedAt,products:[…]}. E_NOT_FOUND. */
int	 stream_read(struct arena *mem, const char *key, struct str *json);
/* The rest: E_NOT_FOUND, E_FORBIDDEN (another's). */
int	 stream_change(struct arena *mem, const char *key, const struct caller *who, const struct stream_plan *plan,
	    struct str *json);
/* E_CONFLICT: it was started before, or is not live. */
int	 stream_start(struct arena *mem, const char *key, const struct caller *who, struct str *json);
int	 stream_end(struct arena *mem, const char *key, const struct caller *who, struct str *json);
/* Only what was never live: E_CONFLICT. */
int	 stream_delete(struct arena *mem, const char *key, const struct caller *who);

/* One page: live ones (newest start first), then scheduled ones (soonest first), then ended ones (latest first); of
 * this status and seller (NULL: any). As stream_read, without products. E_VALIDATION: a bad cursor. */
int	 stream_list(struct arena *mem, const char *status, const char *seller, int64_t limit, const char *cursor,
    struct str *list,
	    const char **next);

/* The products of a stream, in order: [{…product, position, highlighted, soldout}, …]. E_NOT_FOUND: there is no such
 * stream. */
int	 stream_products(struct arena *mem, const char *key, struct str *list);
/* Pin a product of the seller's; at the end where position is negative. E_NOT_FOUND (stream or product), E_FORBIDDEN
 * (not his), E_CONFLICT (it is there already, there are STREAM_PRODUCTS_MAX, or the stream has ended). */
int	 stream_pin(struct arena *mem, const char *key, const struct caller *who, const char *product, int64_t position,
	    bool highlight, struct str *list);
int	 stream_unpin(struct arena *mem, const char *key, const struct caller *who, const char *product,
    struct str *list);
/* Move it to `position` (negative: leave it there) and put it in the foreground, or back (highlight 1, 0; negative:
 * leave it). */
int	 stream_arrange(struct arena *mem, const char *key, const struct caller *who, const char *product,
    int64_t position,
	    int highlight, struct str *list);

/* For the files of this noun: lock the stream's row in a transaction; its status is in *status. E_NOT_FOUND,
 * E_FORBIDDEN. */
int	 stream_lock(struct pg *pg, const char *key, const struct caller *who, const char **status);
const char *stream_room(struct arena *mem, const char *key);

#endif
