/* stream_sql.h -- SQL of the documents that clients see, shared by the files of streams. */
#ifndef LIVE_STREAM_SQL_H
#define LIVE_STREAM_SQL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* A row of streams, called `s`, as clients see it, without viewers and products. */
#define STREAM_DOC_OF(s) \
	"json_build_object('streamKey', " s ".stream_key, 'title', " s ".title, 'description', " s ".description," \
	"   'sellerId', " s ".seller_id, 'status', " s ".status, 'scheduledAt', iso(" s ".scheduled_at)," \
	"   'playbackUrl', " s ".playback_url, 'startedAt', iso(" s ".started_at), 'endedAt', iso(" s ".ended_at)," \
	"   'slowModeSeconds', " s ".slow_mode_s, 'peakViewers', " s ".peak_viewers, 'totalViewers', " s ".total_viewers," \
	"   'createdAt', iso(" s ".created_at), 'updatedAt', iso(" s ".updated_at))"
#define STREAM_DOC STREAM_DOC_OF("s")

/* Its products in order, as an array. */
#define STREAM_PRODUCTS \
	"coalesce((" \
	"   SELECT json_agg(product_doc(p) || jsonb_build_object('position', x.position, 'highlighted', x.highlighted," \
	"     'soldout', p.stock = 0) ORDER BY x.position, x.pinned_at)" \
	"   FROM stream_products x JOIN products p ON p.id = x.product_id" \
	"   WHERE x.stream_key = s.stream_key AND p.deleted_at IS NULL), '[]')"

/* The complete document: `doc` with the number of viewers, and the products where given (p NULL: none). In `mem`. */
struct str stream_shown(struct arena *mem, struct str doc, int64_t viewers, struct str products);

#endif
