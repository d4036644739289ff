/* video_change.c -- what editors change of a video. See video.h. Yields: all. */
#include "base/err.h"
#include "recommendation.h"
#include "run/co.h"
#include "video.h"

static struct pg_stmt change_video = PG_STMT("update", "videos",
    "UPDATE videos v SET"
    "   hidden_at = CASE WHEN NOT $2::boolean THEN hidden_at WHEN $3::boolean THEN coalesce(hidden_at, now()) END,"
    "   pinned_until = CASE WHEN $4::boolean THEN $5::timestamptz ELSE pinned_until END"
    " WHERE video_id = $1"
    " RETURNING video_doc(v)::text");

int
video_change(struct arena *mem, const char *id, const struct video_change *c, struct str *json)
{
	struct effects *effects = effects_new(mem);
	struct pg_rows r;
	int rc;

	rc = pg_need(pg_shared(), &r, &change_video, pg_text(id), pg_bool(c->sets_hidden), pg_bool(c->hidden),
	    pg_bool(c->sets_pin), pg_text(c->pinned_until));
	if (rc < 0)
		return rc == E_NOT_FOUND ? E_VIDEO_NOT_FOUND : rc;
	effects_del(effects, arena_key(mem, "video", id));
	effects_apply(effects);
	recommendation_drop_all();
	*json = pg_value(&r, 0, 0);
	return 0;
}
