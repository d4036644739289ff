/* analysis_text.h -- update payloads and user messages shared by the files of analyses. */
#ifndef ANALYSIS_ANALYSIS_TEXT_H
#define ANALYSIS_ANALYSIS_TEXT_H

#include "analysis.h"

/* The payload of one analysis-update. Totals of -1 are left out, other numbers of -1 are 0. */
struct analysis_update {
	const char	*request_id, *product_id, *status, *message;
	const char	*step;			/* its name (analysis_step.h); NULL: none */
	const char	*started;		/* ISO 8601; NULL: now, if it is pending */
	int64_t		 progress, estimated_s, current_step, total_steps, total, processed;
	bool		 counted;		/* the three counts are known */
	int64_t		 positive, negative, neutral;
	struct str	 results, error;	/* JSON; p NULL: none */
	const struct json *sent;		/* the message behind it, whose other members are passed on; NULL */
};
struct str	 analysis_update_json(struct arena *mem, const struct analysis_update *u);
/* Reads a stored payload back into `out`, of which it leaves request_id, product_id, status and progress alone. Texts
 * are in `mem`. */
void		 analysis_update_read(struct arena *mem, struct str state, struct analysis_update *out);
/* The answer of GET status as a JSON object without `fromCache`: the content of analysis:status:{productId}. In
 * `mem`. */
struct str	 analysis_status_fields(struct arena *mem, const char *status, int64_t progress, int64_t estimated_s);

/* The same for a running analysis, from its progress hash: of the task that the product's lock names, or of this task.
 * False: none is running, or Redis is down. Both yield. */
bool		 analysis_running(struct arena *mem, const char *product_id, struct str *fields);
bool		 analysis_running_task(struct arena *mem, const char *task_id, struct str *fields);
/* Restores the lost lock and progress hash of a running analysis, from the tables. Does not yield. */
struct analysis_stored {
	const char	*task_id, *status, *lock, *started, *step;
	int64_t		 progress, total, processed, estimated_s, updated_ms;
};
void		 analysis_running_refill(struct arena *mem, const char *product_id, const struct analysis_stored *s);
/* The lock of a row of analysis_requests as SQL; `secs` is the value of analysis_pace_s. */
#define ANALYSIS_LOCK_SQL(secs) \
	"json_build_object('task_id', task_id, 'product_id', product_id, 'user_id', user_id, 'type', kind," \
	"   'status', 'processing', 'started_at', iso(created_at)," \
	"   'estimated_completion', iso(created_at + make_interval(secs => " secs ")), 'user_count', user_count)::text"

/* A state's message to users, in the requested language (a code; NULL: none). */
enum analysis_text { TEXT_PENDING, TEXT_COMPLETED, TEXT_FAILED, TEXT_TITLE_COMPLETED, TEXT_TITLE_FAILED,
    TEXT_TELL_COMPLETED, TEXT_TELL_FAILED };
const char	*analysis_text(enum analysis_text what, const char *language);

/* Collects the effects of a task's new state: status cache, room, plain channel. Those of the progress hash are in
 * analysis_hash.h. */
void	 analysis_state_effects(struct effects *effects, const struct analysis_update *u, struct str payload);
/* Those of its counts: the hash analysis_stats:{taskId} and the channel of that name. */
void	 analysis_stats_effects(struct effects *effects, const struct analysis_update *u);

#endif
