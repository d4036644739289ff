/* analysis_republish.c -- the analyses' part of republish.h: deletes caches, publishes stored states and cards to
 * rooms. A client that has an update already receives it twice; cards carry an id for deduplication. */
#include "analysis.h"

#include "analysis_hash.h"
#include "batch.h"

#define SINCE "to_timestamp($1::double precision / 1000)"
static struct pg_stmt changed_tasks = PG_STMT("select", "analysis_requests",
    "SELECT task_id, product_id, status, progress, state, in_job, iso(created_at)"
    " FROM analysis_requests"
    " WHERE updated_at >= " SINCE " AND state <> '{}'"
    " ORDER BY updated_at");
enum { TASK, PRODUCT, STATUS, PROGRESS, STATE, IN_JOB, STARTED };
static struct pg_stmt changed_cards = PG_STMT("select", "emotion_cards",
    "SELECT task_id, json_build_object('requestId', task_id, 'productId', product_id, 'card', doc)::text"
    " FROM emotion_cards WHERE created_at >= " SINCE " ORDER BY seq");
enum { CARD_TASK, CARD };

static void
republish_task(struct effects *effects, const struct pg_rows *r, int row)
{
	struct arena *mem = effects_arena(effects);
	const char *task = pg_string(r, row, TASK), *product = pg_string(r, row, PRODUCT),
	    *status = pg_string(r, row, STATUS);
	const char *room = arena_key(mem, "analysis", task);
	struct analysis_update u = { .request_id = task, .product_id = product, .status = status,
		.progress = pg_integer(r, row, PROGRESS), .started = pg_string(r, row, STARTED) };

	analysis_update_read(mem, pg_value(r, row, STATE), &u);
	effects_del(effects, arena_key(mem, "analysis:status", product));
	effects_del(effects, arena_key(mem, "analysis:result", product));
	effects_del(effects, arena_key(mem, "analysis_cache", product));
	analysis_hash_effects(effects, &u, &u);
	if (strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0)
		effects_del(effects, arena_key(mem, "analysis_lock", product));
	effects_room(effects, room, ROOM_PROGRESS, "analysis-update", room, pg_value(r, row, STATE), true);
	effects_channel(effects, arena_key(mem, "analysis_updates", task), pg_value(r, row, STATE));
}

int
analysis_republish(struct effects *effects, int64_t since_ms)
{
	struct arena *mem = effects_arena(effects);
	struct pg_rows tasks, cards;
	int rc, i;

	if ((rc = pg_query(pg_shared(), &cards, &changed_cards, pg_int(since_ms))) < 0 ||
	    (rc = pg_query(pg_shared(), &tasks, &changed_tasks, pg_int(since_ms))) < 0)
		return rc;
	for (i = 0; i < cards.n; i++)
		effects_room(effects, arena_key(mem, "analysis", pg_string(&cards, i, CARD_TASK)), ROOM_CARD,
		    "sentiment-card",
		    NULL, pg_value(&cards, i, CARD), false);
	for (i = 0; i < tasks.n && rc == 0; i++) {
		republish_task(effects, &tasks, i);
		if (*pg_string(&tasks, i, IN_JOB) == 't')
			rc = batch_task_effects(pg_shared(), effects, pg_string(&tasks, i, TASK));
	}
	return rc;
}
