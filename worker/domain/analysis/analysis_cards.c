/* analysis_cards.c -- stores sentiment cards of the analysis pipeline, a batch by one statement. Runs inside the
 * bridge's transaction. See analysis.h. */
#include "analysis.h"

#include "base/err.h"

/* $1 tasks, $2 products (NULL: the task's), $3 cards, $4 documents. Cards of the task's product that are not stored yet
 * are inserted, of equal ones the first. Returns what the caller does not expect: unknown tasks (no product), cards not
 * inserted, and the products that were not given. LATERAL keeps the look-up of stored cards one by index, however few
 * there were when the statement was planned. */
static struct pg_stmt add_cards = PG_STMT("insert", "emotion_cards",
    "WITH given AS ("
    "  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY"
    "    AS g (task, product, card, doc, n)),"
    " known AS MATERIALIZED ("
    "  SELECT g.n, g.task, g.card, g.doc, g.product IS NULL AS unsaid, r.product_id,"
    "    coalesce(g.product = r.product_id, true) AND e.found IS NULL AS fresh"
    "  FROM given g JOIN analysis_requests r ON r.task_id = g.task"
    "  LEFT JOIN LATERAL (SELECT true AS found FROM emotion_cards e"
    "    WHERE e.task_id = g.task AND e.card_id = g.card LIMIT 1) e ON true),"
    " first AS (SELECT min(n) AS n FROM known WHERE fresh GROUP BY task, card),"
    " stored AS ("
    "  INSERT INTO emotion_cards (product_id, task_id, card_id, doc)"
    "  SELECT product_id, task, card, doc::jsonb FROM known JOIN first USING (n) ORDER BY n)"
    " SELECT g.n, k.product_id, f.n IS NOT NULL"
    " FROM given g LEFT JOIN known k USING (n) LEFT JOIN first f USING (n)"
    " WHERE k.n IS NULL OR f.n IS NULL OR k.unsaid");
enum { PLACE, PRODUCT, STORED };

int
analysis_store_cards(struct pg *pg, struct arena *mem, struct analysis_card *const *cards, size_t n)
{
	const char **text = arena_alloc(mem, 4 * n * sizeof(*text)), **task = text, **product = text + n,
	    **card = text + 2 * n, **doc = text + 3 * n;
	struct pg_rows r;
	size_t i;
	int rc, row;

	for (i = 0; i < n; i++) {
		cards[i]->doc = json_text(mem, cards[i]->card);
		cards[i]->rc = 0;
		task[i] = cards[i]->request_id;
		product[i] = cards[i]->product_id;
		card[i] = cards[i]->card_id;
		doc[i] = cards[i]->doc.p;
	}
	if ((rc = pg_query(pg, &r, &add_cards, pg_text(pg_texts(mem, task, n)), pg_text(pg_texts(mem, product, n)),
	    pg_text(pg_texts(mem, card, n)), pg_text(pg_texts(mem, doc, n)))) < 0)
		return rc;
	for (row = 0; row < r.n; row++) {
		struct analysis_card *c = cards[pg_integer(&r, row, PLACE) - 1];

		c->product_id = pg_string(&r, row, PRODUCT);
		c->rc = c->product_id == NULL ? E_NOT_FOUND : *pg_string(&r, row, STORED) == 't' ? 0 : E_CONFLICT;
	}
	for (i = 0; i < n; i++)
		if (cards[i]->rc == 0)
			pg_wrote(cards[i]->product_id);
	return 0;
}

void
analysis_card_effects(struct effects *effects, const struct analysis_card *c)
{
	struct arena *mem = effects_arena(effects);

	effects_room(effects, arena_key(mem, "analysis", c->request_id), ROOM_CARD, "sentiment-card", NULL,
	    json_obj(mem, JS("requestId", c->request_id), JS("productId", c->product_id), JR("card", c->doc)), false);
}
