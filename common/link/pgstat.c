/* pgstat.c -- the labels of db_query_duration_seconds: operation x table, from fixed lists, so that a cell means the
 * same in every process. A table or an operation that is not listed counts as "other". See pgconn.h.
 */
#include <stdio.h>

#include "base/metric.h"
#include "pgconn.h"

static const char *const operations[] = { "select", "insert", "update", "delete", "lock", "fetch", "ddl" };
static const char *const tables[] = {
	"account_mails", "alerts", "analysis_jobs", "analysis_queue", "analysis_requests", "analysis_results", "api_keys", "app_logs",
	"batch_jobs", "categories", "chat_messages", "chat_sanctions", "classification_batches", "cron_runs", "curation_state",
	"dead_letter_retries", "dead_letters",
	"editor_lists", "emotion_cards",
	"error_notifications", "external_quotas", "idempotency_keys", "interaction_batches", "kafka_offsets", "kafka_outbox", "keyword_details", "kpi_daily",
	"notifications",
	"order_items", "orders", "payment_events", "price_history", "product_changes", "products", "raw_review_keys",
	"raw_reviews", "realtime_analysis_sessions", "recommendation_lists", "room_outbox", "schema_migrations", "search_sessions",
	"security_logs", "service_days", "service_minutes",
	"stock_adjustments", "stream_moderators", "stream_products", "stream_viewers", "streams",
	"system_config", "trend_keywords", "user_activity", "user_keyword_preferences", "user_profiles", "user_video_interactions", "users",
	"video_affinities", "video_affinity_queue", "video_classifications", "video_keywords", "video_search_sessions",
	"videos", "watch_list",
	"locks",		/* advisory ones */
	"partitions",		/* being made and dropped */
	"catalogs",		/* of PostgreSQL itself */
	"other",		/* an import, an export or a job over many tables */
};

enum {
	OTHER_CELL	= NELEM(operations) * NELEM(tables),	/* any other operation */
	COMMIT_CELL,
	CELLS,
};
_Static_assert((int)NELEM(tables) <= (int)METRIC_TABLES_MAX, "more tables than cells");
_Static_assert((int)CELLS <= (int)METRIC_STATEMENTS_MAX, "more statements than cells");

static size_t
find_name(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n && strcmp(names[i], name) != 0; i++)
		;
	return i;
}

static int
find_cell(const char *operation, const char *table)
{
	size_t o = find_name(operations, NELEM(operations), operation), t = find_name(tables, NELEM(tables) - 1, table);

	if (strcmp(operation, "commit") == 0)
		return COMMIT_CELL;
	return o == NELEM(operations) ? (int)OTHER_CELL : (int)(o * NELEM(tables) + t);
}

static int
write_labels(size_t cell, struct buf *out)
{
	if (cell >= CELLS)
		return -1;
	if (cell >= OTHER_CELL)
		buf_printf(out, "operation=\"%s\",table=\"\"", cell == COMMIT_CELL ? "commit" : "other");
	else
		buf_printf(out, "operation=\"%s\",table=\"%s\"", operations[cell / NELEM(tables)],
		    tables[cell % NELEM(tables)]);
	return 0;
}

static int
write_table(size_t cell, struct buf *out)
{
	if (cell >= NELEM(tables))
		return -1;
	buf_printf(out, "table=\"%s\"", tables[cell]);
	return 0;
}

int
pg_stat_table(const char *table)
{
	size_t i = find_name(tables, NELEM(tables), table);

	return i < NELEM(tables) ? (int)i : -1;
}

void
pg_stat_open(void)
{
	metric_labels(M_PG_TABLE_BYTES, write_table);
	metric_labels(M_DB_DURATION, write_labels);
}

void
pg_stmt_register(struct pg_stmt *stmt)
{
	static int n;

	if (stmt->id > 0)
		return;
	stmt->id = ++n;
	snprintf(stmt->name, sizeof(stmt->name), "s%d", stmt->id);
	stmt->cell = find_cell(stmt->operation, stmt->table);
}
