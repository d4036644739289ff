/* analysis.h -- the life of an analysis: requested, running, completed or failed.
 *
 * Tables: analysis_requests (the request, for resending and for late subscribers), analysis_results (the outcome, one
 * per task), emotion_cards, keyword_details. Every change updates the caches and publishes to the room
 * analysis:{taskId} after its commit.
 */
#ifndef ANALYSIS_ANALYSIS_H
#define ANALYSIS_ANALYSIS_H

#include <stdbool.h>

#include "analysis_step.h"
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
	/* NULL: none; with `language` ("ko", "en") only a result in that language counts */
	const struct json *options;
	enum language	 accepted;			/* from Accept-Language, used when the options name none */
	const char	*job_id;			/* of a batch; NULL: none */
	enum analysis_kind kind;
	const char	*traceparent;
};
struct analysis_ticket {
	const char	*task_id;	/* what the client subscribes to */
	bool		 from_cache;	/* a fresh result exists */
	bool		 joined;	/* an analysis of this product was already running */
	bool		 ended;		/* one has just failed for want of reviews, and another would */
	int64_t		 estimated_s;	/* seconds until there is a result; 0: there is one */
};
/* Starts an analysis, joins the running one, or finds a fresh result; request row and outbox row are one transaction.
 * Yields. Errors as pg_query. Works without Redis. With `use_cache` the product's latest fresh result counts, in any
 * language unless the options name one. A running analysis is joined whatever its language. */
int	 analysis_start(struct arena *mem, const struct analysis_order *o, bool use_cache, struct analysis_ticket *out);
/* The same in `pg`'s transaction; collects the effects in `effects`, whose arena holds the ticket. */
int	 analysis_start_in(struct pg *pg, struct effects *effects, const struct analysis_order *o, bool use_cache,
    struct analysis_ticket *out);

/* Bodies of GET /api/analyze/status and /result, cache-aside, in `mem`; *status is the HTTP status (200, 202). Both
 * yield. E_NOT_FOUND, else as pg_query. */
int	 analysis_status(struct arena *mem, const char *product_id, struct str *body);
int	 analysis_result(struct arena *mem, const char *product_id, struct str *body, int *status);

/* The course of an analysis, running or ended (realtime_analysis_sessions):
 * {taskId,productId,kind,status,progress,startedAt,
 * endedAt?,durationMs?,totalReviews?,waiting,error?,stages:[{at,progress?,step?,message?,attempt?}]}. Yields.
 * E_NOT_FOUND, else as pg_query. */
int	 analysis_course(const char *task_id, struct str *json);
/* Courses, newest first, with userId; running ones with `waiting`, the number of waiting users, and for admins with
 * waitingUsers, their ids. NULL: any. */
struct course_filter {
	const char	*product_id, *status, *cursor;
	int64_t		 limit;
};
/* The courses that `who` requested first; for an admin, all. Yields. E_VALIDATION for a malformed cursor; else as
 * pg_query. */
int	 analysis_courses(struct arena *mem, const struct caller *who, const struct course_filter *f, struct str *list,
    const char **next);

/* The payload of an analysis-update with the current state of a task, from Redis or the tables, for a late subscriber.
 * Yields. E_NOT_FOUND when the task is unknown. For batch jobs see batch.h, for searches search.h. */
int	 analysis_state(struct arena *mem, const char *task_id, struct str *payload);

/* --- Messages from topics. The bridge calls these inside the transaction that also stores the offset; each applies
 * one message to the tables and collects its effects (effects.h). All yield; errors as pg_query, and those named. ---
 */
struct analysis_progress {
	const char	*request_id;
	const char	*product_id, *message;	/* NULL: not given; the request's product */
	struct analysis_step step;
	int64_t		 progress, total, processed, total_steps, estimated_s;	/* -1: not given, but for progress */
	const struct json *stats;	/* {positive,negative,neutral}; NULL */
	const struct json *sent;	/* the message, whose other members are passed on; NULL */
	/* from an analysis server on a channel: it may write the progress hash itself, and what it does not give stays
	 * as it is */
	bool		 partial;
};
/* realtime-status, progress: E_CONFLICT when it is older than the stored state, thus a duplicate. E_NOT_FOUND: unknown
 * task. */
int	 analysis_on_progress(struct pg *pg, struct effects *effects, const struct analysis_progress *p);
/* realtime-status, sentiment cards, stored as received. */
struct analysis_card {
	const char	*request_id, *card_id;
	const char	*product_id;	/* NULL: the request's, which analysis_store_cards fills in */
	const struct json *card;
	struct str	 doc;		/* the card as text, filled in */
	/* 0: stored; E_CONFLICT: known already, or of another product; E_NOT_FOUND: unknown task */
	int		 rc;
};
/* Stores them by one statement, in their order, and sets `rc` of each; of equal ones the first counts. Texts are in
 * `mem`. */
int	 analysis_store_cards(struct pg *pg, struct arena *mem, struct analysis_card *const *cards, size_t n);
/* Collects the effects of a stored one. Does not yield. */
void	 analysis_card_effects(struct effects *effects, const struct analysis_card *c);
/* analysis-results: completed or failed. E_CONFLICT when the task has already ended. */
struct analysis_outcome {
	const char	*request_id, *status, *summary, *error;
	const char	*product_id;	/* NULL: the request's */
	const char	*language;	/* of the summary, as the pipeline declares; NULL: as requested */
	struct analysis_step step;
	const struct json *sent;	/* as of progress */
	bool		 partial;
	double		 positive, negative, neutral;	/* per cent */
	int64_t		 total;
	const struct json *keywords;	/* array of strings, or of {keyword,count,sentiment?…} */
};
int	 analysis_on_result(struct pg *pg, struct effects *effects, const struct analysis_outcome *r);
/* Restores the Redis locks of running analyses; *n grows by the number restored. Yields. Errors as pg_query and
 * redis_run. */
int	 analysis_restore_locks(struct arena *mem, int64_t *n);
/* For republish.h: collects the states and cards stored since `since_ms` (ms since 1970). Yields. Errors as pg_query.
 */
int	 analysis_republish(struct effects *effects, int64_t since_ms);
/* For a broker that lost everything (a restarted embedded one): resends every unfinished request at once; *n of them.
 * Yields. Errors as pg_query. */
int	 analysis_resend_all(struct arena *mem, int *n);
/* Resends requests without progress for ANALYSIS_STALL_MS, and fails them after ANALYSIS_ATTEMPTS. *n: how many were
 * resent. Yields. Errors as pg_query. */
int	 analysis_revive(struct arena *mem, int *n);

#endif
