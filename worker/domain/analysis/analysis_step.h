/* analysis_step.h -- the steps of an analysis: Dure's own by name and number, and those that others name. Pure. */
#ifndef ANALYSIS_ANALYSIS_STEP_H
#define ANALYSIS_ANALYSIS_STEP_H

#include "base/json.h"

enum { ANALYSIS_STEPS = 4 };	/* crawling, sentiment_analysis, keyword_extraction, summary */
#define ANALYSIS_STEP_WAITING	"pending"
#define ANALYSIS_STEP_DONE	"completed"

/* The name of the step `number` among `total` (0: not said); NULL: it is none of Dure's. And back; 0: unknown. */
const char	*analysis_step_name(int64_t number, int64_t total);
int64_t		 analysis_step_number(const char *name);

/* A step as a message has it: `step`, `currentStep` or `current_step`, each a name or a number. */
struct analysis_step {
	const char	*name;		/* NULL: not given */
	int64_t		 number;	/* 0: not given */
};
/* 0, or E_VALIDATION: one of the members is neither. */
int		 analysis_step_read(const struct json *message, struct analysis_step *out);

#endif
