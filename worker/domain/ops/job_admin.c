/* job_admin.c -- see job_admin.h. Yields: all. */
#include "job_admin.h"

#include "base/err.h"
#include "worker/domain/core/ask.h"

int
job_list(struct arena *mem, struct str *list)
{
	struct ask_answers answers;
	int rc;

	if ((rc = ask_all(mem, JOB_FAMILY, "jobs", &answers)) < 0)
		return rc;
	if (answers.first == NULL)
		return E_DOWN;
	*list = json_text(mem, json_get(answers.first->json, "jobs"));
	return 0;
}

int
job_run(struct arena *mem, const char *name)
{
	struct ask_answers answers;
	const char *what;
	int rc;

	if ((rc = ask_all(mem, JOB_FAMILY, "run", &answers, JS("job", name))) < 0)
		return rc;
	if (answers.first == NULL || (what = json_str(json_get(answers.first->json, "run"))) == NULL)
		return E_DOWN;
	return strcmp(what, "started") == 0 ? 0 : strcmp(what, "busy") == 0 ? E_CONFLICT : E_NOT_FOUND;
}
