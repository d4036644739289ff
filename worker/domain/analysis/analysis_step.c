/* analysis_step.c -- names and numbers of steps. See analysis_step.h. */
#include "analysis_step.h"

#include "base/err.h"

enum { NUMBER_MAX = 1000, NAME_CHARS_MAX = 255 };

static const char *const names[] = { NULL, "crawling", "sentiment_analysis", "keyword_extraction", "summary" };

const char *
analysis_step_name(int64_t number, int64_t total)
{
	return number > 0 && number <= ANALYSIS_STEPS && (total <= 0 || total == ANALYSIS_STEPS) ? names[number] : NULL;
}

int64_t
analysis_step_number(const char *name)
{
	int64_t i;

	for (i = 1; name != NULL && i <= ANALYSIS_STEPS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

/* The first name and the first number count. */
static int
read_member(const struct json *v, struct analysis_step *out)
{
	const char *name = json_str(v);
	int64_t n;

	if (v == NULL || json_type(v) == JSON_NULL)
		return 0;
	if (name != NULL) {
		if (utf8_len(name, strlen(name)) > NAME_CHARS_MAX)
			return E_VALIDATION;
		if (out->name == NULL && *name != '\0')
			out->name = name;
		return 0;
	}
	if (!json_int(v, &n) || n < 0 || n > NUMBER_MAX)
		return E_VALIDATION;
	if (out->number == 0)
		out->number = n;
	return 0;
}

int
analysis_step_read(const struct json *message, struct analysis_step *out)
{
	static const char *const members[] = { "step", "currentStep", "current_step" };
	size_t i;
	int rc;

	*out = (struct analysis_step){ 0 };
	for (i = 0; i < NELEM(members); i++)
		if ((rc = read_member(json_get(message, members[i]), out)) < 0)
			return rc;
	return 0;
}
