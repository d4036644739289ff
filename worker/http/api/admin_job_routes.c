/* admin_job_routes.c -- the periodic jobs, for operators. Yields: all. See domain/ops/job_admin.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/ops/job_admin.h"

static int
job_read(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	(void)args;
	if ((rc = job_list(rq->mem, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

struct job_in { const char *name; };
static const struct param job_params[] = {
	P_STR(FROM_PATH, struct job_in, name, "name", REQUIRED, 1, 64), PARAM_END
};

static int
job_start(struct req *rq, const void *args)
{
	const struct job_in *in = args;
	int rc;

	if ((rc = job_run(rq->mem, in->name)) == E_CONFLICT)
		rq->why = rq->english ? "The job is running at the moment." : "작업이 이미 실행 중입니다.";
	if (rc < 0)
		return rc;
	AUDIT("operator_action", rq->user, rq->ip, JS("action", "job"), JS("job", in->name));
	return reply_data(rq, 202, json_obj(rq->mem, JS("name", in->name), JB("accepted", true)), MSG_NONE);
}

const struct route admin_job_routes[] = {
	{ "GET", "/api/v1/admin/jobs", job_read, NULL, OPERATOR_JOBS, RATE_DEFAULT, 5000,
	    "The periodic jobs, as the host that leads them has run them; 503 while none does", LIST("Job"), 0 },
	{ "POST", "/api/v1/admin/jobs/{name}/run", job_start, job_params, OPERATOR_JOBS, RATE_DEFAULT, 5000,
	    "Run one now; 409 while it runs",
	    "202 " DATA("{name:string = \"drop-old-rows\", accepted:true}") " !CONFLICT", 0 },
	{ 0 }
};
