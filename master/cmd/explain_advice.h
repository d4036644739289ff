/* explain_advice.h -- what would make a query faster, from PostgreSQL's plan (EXPLAIN ANALYZE, FORMAT JSON). */
#ifndef CMD_EXPLAIN_ADVICE_H
#define CMD_EXPLAIN_ADVICE_H

#include "base/json.h"

/* Append what is to be said of a node, and of the whole plan, to the open JSON array `out`. */
void	 explain_node(struct arena *mem, const struct json *node, struct buf *out);
void	 explain_whole(struct arena *mem, const struct json *plan, struct buf *out);

#endif
