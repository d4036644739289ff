/* recommendation.c -- makes and caches lists. See recommendation.h. Yields: all but recommendation_drop. */
#include "recommendation.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/user_id.h"
#include "link/near.h"
#include "link/pg.h"
#include "link/redis.h"
#include "recommend_count.h"
#include "recommend_pick.h"
#include "recommend_reason.h"
#include "recommend_update.h"
#include "worker/domain/core/answer_cache.h"

enum { GENERATION_S = 86400 };

/* Stores a list ($2 user NULL: not) and reads what it shows. $1 id, $3 type, $4 algorithm, $5 videos, $6 what each is
 * recommended for (NULL: nothing). */
static struct pg_stmt show_list = PG_STMT("insert", "recommendation_lists",
    "WITH kept AS ("
    "  INSERT INTO recommendation_lists (id, user_id, type, algorithm, item_ids)"
    "  SELECT $1::uuid, $2::text, $3::text, $4::text, $5::text[] WHERE $2::text IS NOT NULL)"
    " SELECT o.n, video_doc(v)::text, b.title"
    " FROM unnest($5::text[], $6::text[]) WITH ORDINALITY AS o (id, because, n)"
    " JOIN videos v ON v.video_id = o.id LEFT JOIN videos b ON b.video_id = o.because ORDER BY o.n");
enum { PLACE, DOC, TITLE };

struct recommend_list {
	const char	*user, *id, *algorithm;
	enum recommend_type type;
	bool		 english;
	struct rank_video **v;
	size_t		 n;
};

static int
query_list(struct arena *mem, const struct recommend_list *l, struct pg_rows *r)
{
	const char **ids = arena_alloc(mem, (l->n + 1) * sizeof(*ids));
	const char **because = arena_alloc(mem, (l->n + 1) * sizeof(*because));
	size_t i;

	for (i = 0; i < l->n; i++) {
		ids[i] = l->v[i]->id;
		because[i] = l->v[i]->reason == REASON_NEIGHBOUR ? l->v[i]->because : NULL;
	}
	return pg_query(l->user != NULL ? pg_as(l->user) : pg_shared(), r, &show_list, pg_text(l->id),
	    pg_text(l->user), pg_text(recommend_type_name(l->type)), pg_text(l->algorithm),
	    pg_text(pg_texts(mem, ids, l->n)), pg_text(pg_texts(mem, because, l->n)));
}

static void
put_item(struct arena *mem, struct buf *b, const struct recommend_list *l, const struct rank_video *v, struct str doc,
    const char *title)
{
	const char *word = v->reason == REASON_NEIGHBOUR ? title : v->word;
	struct json_field f[] = { JR("video", doc), JD("score", (double)(int64_t)(v->score * 10000 + 0.5) / 10000),
	    JS("reason", recommend_reason(mem, v->reason, word, l->english)),
	    JS("reasonType", recommend_reason_name(v->reason)), JS("algorithm", l->algorithm),
	    JS("recommendationId", l->user != NULL ? l->id : NULL) };

	json_put_obj(b, f, NELEM(f));
}

/* Stores the list and writes it as JSON. */
static int
write_list(struct arena *mem, const struct recommend_list *l, struct str *json)
{
	struct buf b = { 0 };
	struct pg_rows r;
	int i, rc;

	if ((rc = query_list(mem, l, &r)) < 0)
		return rc;
	buf_byte(&b, '[');
	for (i = 0; i < r.n; i++) {
		if (i > 0)
			buf_byte(&b, ',');
		put_item(mem, &b, l, l->v[pg_integer(&r, i, PLACE) - 1], pg_value(&r, i, DOC), pg_string(&r, i, TITLE));
	}
	buf_byte(&b, ']');
	*json = buf_to_arena(mem, &b);
	recommend_count_made(l->type, l->algorithm);
	return 0;
}

/* --- For a taste --- */

/* The id of an answer: "<limit>:<language>:<emotion>:<user>". */
static int
make_answer(struct arena *mem, const char *id, struct answer *out)
{
	char uuid[UUID_TEXT_BYTES];
	const char *language = strchr(id, ':') + 1, *emotion = strchr(language, ':') + 1;
	const char *user = strchr(emotion, ':') + 1;
	struct recommend_ask ask = { .user = user,
	    .emotion = emotion_find(arena_copy(mem, emotion, (size_t)(user - emotion) - 1)) };
	struct recommend_list l = { .user = user, .id = uuid_text(uuid), .type = RECOMMEND_VIDEOS,
	    .english = language[0] == 'e' };
	int rc;

	if ((rc = recommend_pick(mem, &ask, (size_t)strtoll(id, NULL, 10), &l.v, &l.n, &l.algorithm)) < 0)
		return rc;
	return write_list(mem, &l, &out->value);
}

/* Stands for all users; no user's id is a control character. */
#define ALL_USERS "\x7f"

static const char *
generation_of(struct arena *mem, const char *user)
{
	const char *key = arena_key(mem, "recommendations:generation", user);
	struct str v = { NULL, 0 };

	if (!near_get(key, &v) && near_read(key, &v) < 0)
		v.p = NULL;
	return v.p != NULL ? arena_copy(mem, v.p, v.n) : "0";
}

int
recommendation_find(struct arena *mem, const char *user, const char *emotion, bool english, int64_t limit,
    struct str *list)
{
	struct answer a = { 0 };
	const char *id;
	int rc;

	if (user == NULL || !user_id_valid(user))
		return E_FORBIDDEN;
	id = arena_printf(mem, "%lld:%s:%s:%s", (long long)limit, english ? "en" : "ko", emotion != NULL ? emotion : "",
	    user);
	rc = answer_find(mem,
	    arena_printf(mem, "recommendations:%s.%s:%s", generation_of(mem, ALL_USERS), generation_of(mem, user), id),
	    conf.recommendation_cache_ttl, make_answer, id, &a);
	*list = a.value;
	return rc;
}

/* The generation outlives every list cached under the one before. */
void
recommendation_drop(const char *user)
{
	redis_send("INCR recommendations:generation:%s", user);
	redis_send("EXPIRE recommendations:generation:%s %d", user, GENERATION_S);
	recommend_update_soon(user);
}

void
recommendation_drop_all(void)
{
	redis_send("INCR recommendations:generation:%s", ALL_USERS);
	redis_send("EXPIRE recommendations:generation:%s %d", ALL_USERS, GENERATION_S);
}

/* --- Others --- */

static struct pg_stmt find_video = PG_STMT("select", "videos",
    "SELECT FROM videos WHERE video_id = $1 AND hidden_at IS NULL");

/* What speaks for a similar video are its keywords, unless both are watched by the same users. */
static void
say_similar(struct rank_video **v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i]->reason != REASON_NEIGHBOUR) {
			v[i]->word = v[i]->reason == REASON_KEYWORD ? v[i]->word : NULL;
			v[i]->reason = REASON_SIMILAR;
		}
}

int
recommendation_similar(struct arena *mem, const char *user, const char *video, bool english, int64_t limit,
    struct str *list)
{
	struct recommend_ask ask = { .user = user, .video = video, .emotion = -1 };
	char uuid[UUID_TEXT_BYTES];
	struct recommend_list l = {
		.user = user, .id = uuid_text(uuid), .type = RECOMMEND_SIMILAR, .english = english
	};
	struct pg_rows r;
	int rc;

	if (user != NULL && !user_id_valid(user))
		ask.user = l.user = NULL;
	if ((rc = pg_need(pg_shared(), &r, &find_video, pg_text(video))) < 0)
		return rc == E_NOT_FOUND ? E_VIDEO_NOT_FOUND : rc;
	if ((rc = recommend_pick(mem, &ask, (size_t)limit, &l.v, &l.n, &l.algorithm)) < 0)
		return rc;
	say_similar(l.v, l.n);
	return write_list(mem, &l, list);
}

int
recommendation_ids(struct arena *mem, const char *user, int64_t limit, struct str *list)
{
	struct strs ids = { arena_alloc(mem, (size_t)limit * sizeof(char *)), 0 };
	const struct json *items, *item;
	struct str all;
	int rc;

	if ((rc = recommendation_find(mem, user, NULL, false, limit, &all)) < 0)
		return rc;
	if ((rc = json_parse(mem, all.p, all.n, &items)) < 0)
		return rc;
	for (item = json_first(items); item != NULL; item = json_next(item))
		ids.v[ids.n++] = json_str(json_get(json_get(item, "video"), "videoId"));
	*list = strs_json(mem, ids);
	return 0;
}
