/* curation_kpi.c -- see curation_kpi.h. Yields: curation_kpi_read. */
#include "curation_kpi.h"

#include "link/pg.h"

#define THE_DAY(column) column " >= $1::date AND " column " < $1::date + 1"

static struct pg_stmt read_figures = PG_STMT("select", "user_video_interactions",
    "WITH list AS (SELECT count(*) AS n, count(clicked_at) AS clicked FROM recommendation_lists WHERE "
    THE_DAY("created_at") "),"
    " seen AS (SELECT user_id, video_id, at, at - lag(at) OVER (PARTITION BY user_id ORDER BY at) AS pause"
    "  FROM user_video_interactions WHERE " THE_DAY("at") " AND type <> 'hide'),"
    " numbered AS (SELECT user_id, video_id, count(*) FILTER (WHERE pause IS NULL OR pause >= interval '30 minutes')"
    "   OVER (PARTITION BY user_id ORDER BY at) AS session FROM seen),"
    " session AS (SELECT user_id, count(DISTINCT video_id) AS videos FROM numbered GROUP BY user_id, session)"
    " SELECT n, clicked, (SELECT count(*) FROM session), (SELECT coalesce(avg(videos), 0) FROM session),"
    "   (SELECT count(DISTINCT user_id) FROM session)"
    " FROM list");
enum { LISTS, CLICKED, SESSIONS, VIDEOS, USERS };

int
curation_kpi_read(const char *day, struct curation_kpi *out)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &read_figures, pg_text(day))) < 0)
		return rc;
	*out = (struct curation_kpi){ .lists = pg_integer(&r, 0, LISTS), .clicked = pg_integer(&r, 0, CLICKED),
	    .sessions = pg_integer(&r, 0, SESSIONS), .videos_per_session = pg_number(&r, 0, VIDEOS),
	    .users = pg_integer(&r, 0, USERS) };
	out->click_rate = out->lists > 0 ? (double)out->clicked / (double)out->lists : 0;
	return 0;
}
