/* analysis.h -- the life of an analysis: requested, running, completed or failed.
 *
 * The rows: analysis_requests (what was asked, for re-sending and for late readers), analysis_results (the outcome, one
 * a task), emotion_cards, keyword_details. Every change tells the caches and the room analysis:{taskId} after its
 * commit.
 */
#ifndef ANALYSIS_ANALYSIS_H
#define ANALYSIS_ANALYSIS_H

#include <stdbool.h>

#include "base/json.h"
#include "base/language.h"
#include "base/param.h"
#include "link/pg.h"
#include "worker/domain/core/caller.h"
#include "worker/domain/core/effects.h"

enum analysis_kind { ANALYSIS_PLAIN, ANALYSIS_REALTIME, ANALYSIS_BATCH };

struct analysis_order {
	const char	*product_id, *url, *user_id;	/* url, user_id: NULL for none */
	struct strs	 keywords;
	const struct json *options;	/* NULL: none; `language` ("ko", "en"): no result in another will do */
	enum language	 accepted;			/* of Accept-Language: where the options name none */
	const char	*job_id;			/* of a batch; NULL */
	enum analysis_kind kind;
	const char	*traceparent;
};
struct analysis_ticket {
	const char	*task_id;	/* what the client subscribes to */
	bool		 from_cache;	/* a fresh result exists */
	bool		 joined;	/* an analysis of this product was already running */
	int64_t		 estimated_s;	/* until there is a result; 0: there is */
};
/* Start an analysis, join the running one, or find the fresh result. Request row and outbox row in one transaction.
 * Yields. Errors as pg_query. Works without Redis. `use_cache`: whether a fresh result is good enough: the last one of
 * the product, in whatever language unless the options name one. A running analysis is joined whatever language it is
 * asked for in. */
int	 analysis_start(struct arena *mem, const struct analysis_order *o, bool use_cache, struct analysis_ticket *out);
/* The same in `pg`'s transaction; what is to be told is collected in `news`. The ticket is in its arena. */
int	 analysis_start_in(struct pg *pg, struct effects *effects, const struct analysis_order *o, bool use_cache,
    struct analysis_ticket *out);

/* Bodies of GET /api/analyze/status and /result, cache-aside; *status is the HTTP status (200, 202). Yields.
 * E_NOT_FOUND. */
int	 analysis_status(struct arena *mem, const char *product_id, struct str *body);
int	 analysis_result(struct arena *mem, const char *product_id, struct str *body, int *status);

/* The course of an analysis, while it runs and after (realtime_analysis_sessions):
 * {taskId,productId,kind,status,progress,startedAt,
 * endedAt?,durationMs?,totalReviews?,waiting,error?,stages:[{at,progress?,step?,message?,attempt?}]}. Yields.
 * E_NOT_FOUND. */
int	 analysis_course(const char *task_id, struct str *json);
/* Courses, newest first, with userId; those that have not ended with `waiting`, how many wait, and for admins with
 * waitingUsers, who. NULL: any. */
struct course_filter {
	const char	*product_id, *status, *cursor;
	int64_t		 limit;
};
/* Those that `who` asked for first; all for an admin. Yields. E_VALIDATION for a cursor that is none; else as pg_query.
 */
int	 analysis_courses(struct arena *mem, const struct caller *who, const struct course_filter *f, struct str *list,
    const char **next);

/* The payload of an analysis-update that describes the present state of a task, from Redis or the tables, for a late
 * subscriber. Yields. E_NOT_FOUND when the task is unknown. The same of a batch job: batch.h, of a search: search.h. */
int	 analysis_state(struct arena *mem, const char *task_id, struct str *payload);

/* --- What the topics say (called by the bridge inside the transaction that also stores the offset) --- Each applies
 * one message to the tables, and collects what is to be told once the transaction is committed (effects.h). */
struct analysis_progress {
	const char	*request_id, *product_id, *status, *message, *step;	/* message, step may be NULL */
	int64_t		 progress, total, processed, current_step, total_steps, estimated_s;
	const struct json *stats;	/* {positive,negative,neutral}; NULL */
};
/* realtime-status, progress: E_CONFLICT when it is older than what is known (a duplicate: skip it). E_NOT_FOUND:
 * unknown task. */
int	 analysis_on_progress(struct pg *pg, struct effects *effects, const struct analysis_progress *p);
/* realtime-status, a sentiment card: the card object as received; `card_id` decides what is a duplicate (E_CONFLICT).
 */
int	 analysis_on_card(struct pg *pg, struct effects *effects, const char *request_id, const char *product_id,
	    const char *card_id, const struct json *card);
/* analysis-results: completed or failed. E_CONFLICT when the task had already ended. */
struct analysis_outcome {
	const char	*request_id, *product_id, *status, *summary, *error;
	const char	*language;	/* of the summary, as the pipeline says; NULL: the one that was asked for */
	double		 positive, negative, neutral;	/* per cent */
	int64_t		 total;
	const struct json *keywords;	/* array of strings, or of {keyword,count,sentiment?…} */
};
int	 analysis_on_result(struct pg *pg, struct effects *effects, const struct analysis_outcome *r);
/* Give running analyses the lock in Redis that they have lost; *n grows by how many. Yields. Errors as pg_query and
 * redis_run. */
int	 analysis_restore_locks(struct arena *mem, int64_t *n);
/* For republish.h: the states and cards stored since `since_ms`. Yields. Errors as pg_query. */
int	 analysis_republish(struct effects *effects, int64_t since_ms);
/* A broker that forgot everything (the embedded one, started anew): send every unfinished request again at once.
 * Yields. */
int	 analysis_resend_all(struct arena *mem, int *n);
/* Requests without news for ANALYSIS_STALL_MS: send them again, or fail them after ANALYSIS_ATTEMPTS. *n: how many.
 * Yields. */
int	 analysis_revive(struct arena *mem, int *n);

#endif
