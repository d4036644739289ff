/* recommend_pick.c -- see recommend_pick.h. Yields: recommend_pick. */
#include "recommend_pick.h"

#include "base/conf.h"

static const struct rank_variant *
variant_of(const char *user)
{
	return &rank_variants[user != NULL ? curation_variant("ranking", user, conf.recommend_variant_b) : 0];
}

int
recommend_pick(struct arena *mem, const struct recommend_ask *ask, size_t limit, struct rank_video ***out, size_t *n,
    const char **algorithm)
{
	const struct rank_variant *how = variant_of(ask->user);
	struct recommend_pool pool;
	int rc;

	if ((rc = recommend_candidates(mem, ask, &pool)) < 0)
		return rc;
	*algorithm = pool.cold ? RANK_COLD : how->algorithm;
	*out = arena_alloc(mem, (limit + 1) * sizeof(**out));
	*n = recommend_rank(mem, how, &pool.taste, pool.v, pool.n, limit, *out);
	return 0;
}
