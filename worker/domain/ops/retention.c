/* retention.c -- deletes expired rows, in batches that do not hold up other statements. See retention.h. Yields:
 * retention_apply. */
#include "retention.h"

#include <stddef.h>

#include "base/conf.h"

enum { BATCHES_MAX = 100, BATCH = 2000 };	/* as in the statements */

#define OLD(column) column " < now() - make_interval(days => $1::int)"
#define BATCH_OF(table, condition) PG_STMT("delete", table, \
	"DELETE FROM " table " WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM " table " WHERE " condition "" \
	"  LIMIT 2000)")
/* Whole months first: dropping a partition is cheap. */
#define MONTHS_OF(table) PG_STMT("ddl", table, "SELECT drop_month_partitions('" table \
	"', now() - make_interval(days => $1::int))")
#define DAYS(field) offsetof(struct conf, field)

struct retention retentions[] = {
	{ "security_logs", DAYS(retention_security_days), "months of security events", MONTHS_OF("security_logs") },
	{ "security_logs", DAYS(retention_security_days), "security events",
	    BATCH_OF("security_logs", OLD("created_at")) },
	{ "app_logs", DAYS(retention_log_days), "months of warnings and errors", MONTHS_OF("app_logs") },
	{ "app_logs", DAYS(retention_log_days), "warnings and errors", BATCH_OF("app_logs", OLD("created_at")) },
	{ "raw_reviews", DAYS(retention_review_days), "reviews, with what makes their repetition a duplicate",
	    PG_STMT("delete", "raw_reviews", "SELECT forget_reviews(now() - make_interval(days => $1::int), 2000)") },
	{ "emotion_cards", DAYS(retention_card_days), "months of sentiment cards", MONTHS_OF("emotion_cards") },
	{ "emotion_cards", DAYS(retention_card_days), "sentiment cards", BATCH_OF("emotion_cards", OLD("created_at")) },
	{ "keyword_details", DAYS(retention_card_days), "months of keywords of analyses",
	    MONTHS_OF("keyword_details") },
	{ "keyword_details", DAYS(retention_card_days), "keywords of analyses",
	    BATCH_OF("keyword_details", OLD("created_at")) },
	{ "search_sessions", DAYS(retention_search_days), "searches by the pipeline",
	    BATCH_OF("search_sessions", "status <> 'pending' AND " OLD("updated_at")) },
	{ "analysis_requests", DAYS(retention_request_days), "requests for analyses; their results stay",
	    BATCH_OF("analysis_requests", "status IN ('completed', 'failed') AND " OLD("updated_at")) },
	{ "realtime_analysis_sessions", DAYS(retention_session_days), "months of courses of analyses",
	    MONTHS_OF("realtime_analysis_sessions") },
	{ "realtime_analysis_sessions", DAYS(retention_session_days), "courses of analyses",
	    BATCH_OF("realtime_analysis_sessions", OLD("started_at")) },
	{ "chat_messages", DAYS(retention_chat_days), "months of chats", MONTHS_OF("chat_messages") },
	{ "chat_messages", DAYS(retention_chat_days), "messages in chats", BATCH_OF("chat_messages", OLD("sent_at")) },
	{ "batch_jobs", DAYS(retention_request_days), "batch jobs that will not run again",
	    BATCH_OF("batch_jobs", "next_run_at IS NULL AND " OLD("updated_at")) },
	{ "analysis_queue", DAYS(retention_request_days), "months of users waiting for analyses",
	    MONTHS_OF("analysis_queue") },
	{ "notifications", DAYS(retention_notification_days), "notifications of users",
	    BATCH_OF("notifications", OLD("created_at")) },
	{ "error_notifications", DAYS(retention_error_days), "errors that other services reported",
	    BATCH_OF("error_notifications", OLD("created_at")) },
	{ "user_video_interactions", DAYS(retention_interaction_days), "months of interactions with videos",
	    MONTHS_OF("user_video_interactions") },
	{ "user_video_interactions", DAYS(retention_interaction_days), "interactions with videos",
	    BATCH_OF("user_video_interactions", OLD("at")) },
	{ "recommendation_lists", DAYS(retention_recommendation_days), "recommended lists",
	    BATCH_OF("recommendation_lists", OLD("created_at")) },
	{ "video_search_sessions", DAYS(retention_search_days), "searches for videos",
	    BATCH_OF("video_search_sessions", OLD("created_at")) },
	{ "payment_events", DAYS(retention_payment_days), "events of the payment provider",
	    BATCH_OF("payment_events", OLD("created_at")) },
	{ "dead_letters", DAYS(retention_dead_letter_days), "messages that could not be applied",
	    BATCH_OF("dead_letters", OLD("created_at")) },
	{ "dead_letter_retries", DAYS(retention_dead_letter_days), "how often dead letters were sent again",
	    BATCH_OF("dead_letter_retries", OLD("retried_at")) },
	{ "user_activity", DAYS(retention_activity_days), "days on which users were there",
	    BATCH_OF("user_activity", OLD("day")) },
	{ "service_minutes", DAYS(retention_activity_days), "minutes in which the service was there",
	    BATCH_OF("service_minutes", OLD("minute")) },
	{ 0 }
};

static struct pg_stmt drop_keys = PG_STMT("delete", "idempotency_keys",
    "DELETE FROM idempotency_keys"
    " WHERE (scope, key) IN ("
    "   SELECT scope, key FROM idempotency_keys WHERE created_at < now() - make_interval(secs => $1) LIMIT 2000)");

static int
drop_batches(struct pg_stmt *stmt, int64_t age, int64_t *n)
{
	struct pg_rows r;
	int64_t gone;
	int i, rc;

	for (i = 0; i < BATCHES_MAX; i++) {
		if ((rc = pg_query(pg_shared(), &r, stmt, pg_int(age))) < 0)
			return rc;
		*n += gone = r.n > 0 ? pg_integer(&r, 0, 0) : r.affected;
		if (gone < BATCH && (gone == 0 || r.n == 0))
			break;
	}
	return 0;
}

int
retention_apply(int64_t *n)
{
	struct retention *t;
	int rc;

	for (t = retentions; t->table != NULL; t++) {
		int64_t days = *(const int64_t *)((const char *)&conf + t->days);

		if (days > 0 && (rc = drop_batches(&t->drop, days, n)) < 0)
			return rc;
	}
	return drop_batches(&drop_keys, conf.idempotency_ttl_s, n);
}
