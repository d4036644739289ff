/* report.h -- the analyzer's messages on the topics, as JSON in the formats of etc/schemas. Pure. */
#ifndef ANALYZER_REPORT_H
#define ANALYZER_REPORT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/language.h"
#include "base/str.h"
#include "tally.h"
#include "wanted.h"

/* Their names are those of worker/domain/analysis/analysis_step.h. */
enum step { STEP_CRAWL = 1, STEP_CLASSIFY, STEP_KEYWORDS, STEP_SUMMARISE };

struct report {			/* the subject and the state of an analysis */
	const char	*task_id, *product_id;
	enum step	 step;
	int64_t		 total;		/* reviews; -1: not known yet */
	int64_t		 estimated_s;	/* remaining */
	bool		 english;	/* language of the messages to users */
};

/* realtime-status, type progress. */
struct str	 report_progress(struct arena *mem, const struct report *r, const struct tally *t);
/* realtime-status, type sentiment-card; `id` deduplicates repeated cards. */
struct str	 report_card(struct arena *mem, const struct report *r, const struct card *card, const char *id);
/* analysis-results: completed, with a summary in that language (LANGUAGE_NONE: DEFAULT_LANGUAGE); and failed, with a
 * reason that begins with a stable word. */
struct str	 report_result(struct arena *mem, const struct report *r, const struct tally *t, const struct wanted *w,
			    enum language summary);
struct str	 report_failure(struct arena *mem, const struct report *r, const char *error);

#endif
