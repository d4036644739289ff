/* batch_job_status.c -- topic batch-job-status: the progress of a batch job as its pipeline reports it. */
#include "worker/domain/analysis/batch.h"
#include "worker/kafka/topics_in.h"

enum { TEXT_MAX = 2000 };
#define COUNT_MAX 1000000000

struct status_in {
	const char	*job, *status, *message;
	double		 progress;
	int64_t		 total, completed, failed;
};
static const struct param status_params[] = {
	P_ID(FROM_JSON, struct status_in, job, "jobId", REQUIRED),
	P_PICK(FROM_JSON, struct status_in, status, "status", REQUIRED, "pending|processing|completed|failed", NULL),
	P_NUM(FROM_JSON, struct status_in, progress, "progress", OPTIONAL, 0, 100),
	P_INT(FROM_JSON, struct status_in, total, "total", OPTIONAL, 0, COUNT_MAX, "0"),
	P_INT(FROM_JSON, struct status_in, completed, "completed", OPTIONAL, 0, COUNT_MAX, "0"),
	P_INT(FROM_JSON, struct status_in, failed, "failed", OPTIONAL, 0, COUNT_MAX, "0"),
	P_STR(FROM_JSON, struct status_in, message, "message", OPTIONAL, 0, TEXT_MAX),
	PARAM_END
};

/* A count, or -1 if the member is missing. */
static int64_t
given_or_none(const struct kmsg *m, const char *name, int64_t value)
{
	return json_get(m->body, name) != NULL ? value : -1;
}

/* Stores the report, publishes to the job's room. */
static int
status_apply(struct kmsg *m, const void *args)
{
	const struct status_in *in = args;
	struct batch_report b = {
		.job_id = in->job, .status = in->status, .message = in->message, .progress = (int64_t)in->progress,
		.total = given_or_none(m, "total", in->total),
		.completed = given_or_none(m, "completed", in->completed),
		.failed = given_or_none(m, "failed", in->failed),
	};

	return batch_on_status(m->pg, m->effects, &b);
}

const struct topic_in on_batch_job_status[] = {
	{ .topic = "batch-job-status", .type = "status", .handler = status_apply, .params = status_params,
	    .args_bytes = sizeof(struct status_in) },
	{ 0 }
};
