/* recommend_update.c -- see recommend_update.h. Yields: only its own coroutines. */
#include "recommend_update.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/hashtab.h"
#include "base/log.h"
#include "link/pg.h"
#include "recommend_pick.h"
#include "run/co.h"
#include "worker/domain/core/room.h"

enum { LIMIT_MS = 15000, COMPARED = 10 };

/* A user whose list is looked at soon. */
struct pending {
	struct hashtab_node node;
	char		 user[];
};
static struct hashtab waiting;

static struct pending *
find_pending(const char *user, uint64_t hash)
{
	struct hashtab_node *node = NULL;

	while ((node = hashtab_find(&waiting, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct pending, node)->user, user) == 0)
			return HOLDER(node, struct pending, node);
	return NULL;
}

/* The videos of the user's last list, if it is of the last quarter of an hour. */
static struct pg_stmt last_list = PG_STMT("select", "recommendation_lists",
    "SELECT array_to_json(item_ids[1:$2])::text FROM recommendation_lists"
    " WHERE user_id = $1 AND type = 'videos' AND created_at > now() - interval '15 minutes'"
    " ORDER BY created_at DESC LIMIT 1");

static bool
holds_id(const struct json *list, const char *id)
{
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v))
		if (strcmp(json_str(v), id) == 0)
			return true;
	return false;
}

static void
announce(struct arena *mem, const char *user, const char *algorithm, struct strs ids, size_t changed)
{
	struct str payload = json_obj(mem, JS("algorithm", algorithm), JI("changed", (int64_t)changed),
	    JR("videoIds", strs_json(mem, ids)), JT("timestamp", now_ms()));

	room_publish(arena_key(mem, "user", user), ROOM_STATE, "recommendations:update", NULL, payload, false);
}

static int
compare_lists(struct arena *mem, const char *user)
{
	struct recommend_ask ask = { .user = user, .emotion = -1 };
	struct strs ids = { arena_alloc(mem, COMPARED * sizeof(char *)), 0 };
	const char *algorithm;
	struct rank_video **v;
	const struct json *before;
	struct pg_rows r;
	size_t n, changed = 0;
	int rc;

	if ((rc = pg_query(pg_as(user), &r, &last_list, pg_text(user), pg_int(COMPARED))) < 0 || r.n == 0)
		return rc;
	if ((rc = json_parse(mem, pg_value(&r, 0, 0).p, pg_value(&r, 0, 0).n, &before)) < 0 ||
	    (rc = recommend_pick(mem, &ask, COMPARED, &v, &n, &algorithm)) < 0)
		return rc;
	for (; ids.n < n; ids.n++) {
		ids.v[ids.n] = v[ids.n]->id;
		changed += !holds_id(before, v[ids.n]->id);
	}
	if (n > 0 && changed * 100 >= n * (size_t)conf.recommendation_update_percent)
		announce(mem, user, algorithm, ids, changed);
	return 0;
}

/* An interaction during the comparison begins a new wait. */
static void
run_pending(void *arg)
{
	struct pending *p = arg;
	const char *user = arena_strdup(co_arena(), p->user);
	int rc = co_sleep(conf.recommendation_update_ms);

	hashtab_del(&waiting, &p->node);
	free(p);
	if (rc == 0)
		(void)compare_lists(co_arena(), user);
}

void
recommend_update_soon(const char *user)
{
	uint64_t hash = hash_bytes(user, strlen(user));
	struct pending *p;
	size_t n = strlen(user) + 1;

	if (conf.recommendation_update_ms == 0 || waiting.n >= RECOMMEND_UPDATES_MAX ||
	    find_pending(user, hash) != NULL)
		return;
	if ((p = calloc(1, sizeof(*p) + n)) == NULL)
		bug("no memory for a user");
	memcpy(p->user, user, n);
	hashtab_add(&waiting, &p->node, hash);
	co_spawn(run_pending, p, conf.recommendation_update_ms + LIMIT_MS);
}
