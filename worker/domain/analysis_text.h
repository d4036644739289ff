/* analysis_text.h -- inside the analysis domain: key names, update payloads and user messages that its files share. */
#ifndef DOMAIN_ANALYSIS_TEXT_H
#define DOMAIN_ANALYSIS_TEXT_H

#include "analysis.h"

/* "prefix:id" in `mem`. */
const char	*analysis_key(struct arena *mem, const char *prefix, const char *id);

/* The payload of one analysis-update (SPEC: events). Counts at -1 are left out. */
struct analysis_update {
	const char	*request_id, *product_id, *status, *message;
	int64_t		 progress, estimated_s, current_step, total_steps, total, processed;
	bool		 counted;		/* the three counts are known */
	int64_t		 positive, negative, neutral;
	struct str	 results;		/* JSON; p NULL: none */
};
struct str	 analysis_update_json(struct arena *mem, const struct analysis_update *u);
/* What GET status answers, without the outer braces and `fromCache`: it is also what analysis:status:{productId} holds. */
struct str	 analysis_status_fields(struct arena *mem, const char *status, int64_t progress, int64_t estimated_s);

/* Add to the news what a new state of a task changes: the status cache, the progress hash, the room, the plain channel. */
void	 analysis_news_state(struct news *w, const struct analysis_update *u, struct str payload);

#endif
