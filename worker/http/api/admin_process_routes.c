/* admin_process_routes.c -- the processes of this host: list, reload, replace one. Yields: all but the changes.
 *
 * A worker has no rights over its master: it leaves a request in the scoreboard, which the master looks at within a
 * second (scoreboard_request).
 */
#include "../req.h"
#include "base/err.h"
#include "base/host.h"
#include "proc/scoreboard.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/ops/host_list.h"
#include "worker/domain/ops/process_list.h"

static int
process_read(struct req *rq, const void *args)
{
	struct str hosts;
	int rc;

	(void)args;
	if ((rc = host_list_read(rq->mem, &hosts)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JS("host", host_name()), JR("hosts", hosts),
	    JR("processes", process_list(rq->mem))), MSG_NONE);
}

static int
explain_change(struct req *rq)
{
	rq->why = rq->english ? "Processes are being replaced already; try again when that has ended."
	    : "이미 프로세스를 교체하고 있습니다. 끝난 뒤에 다시 시도해 주세요.";
	return E_CONFLICT;
}

static int
reply_accepted(struct req *rq)
{
	return reply_data(rq, 202, json_obj(rq->mem, JB("accepted", true), JS("host", host_name())), MSG_NONE);
}

static int
reload_post(struct req *rq, const void *args)
{
	(void)args;
	if (!scoreboard_request(REQUEST_RELOAD, PROC_MASTER, 0))
		return explain_change(rq);
	AUDIT("operator_action", rq->user, rq->ip, JS("action", "reload"), JS("host", host_name()));
	return reply_accepted(rq);
}

/* Neither the master nor the embedded broker, whose topics would be lost. */
struct drain_in { const char *kind; int64_t index; };
static const struct param drain_params[] = {
	P_PICK(FROM_PATH, struct drain_in, kind, "kind", REQUIRED, "http|ws|kafka|cron|analyzer", NULL),
	P_INT(FROM_PATH, struct drain_in, index, "index", REQUIRED, 1, 64, NULL), PARAM_END
};

static enum proc_kind
kind_of(const char *name)
{
	int k;

	for (k = 0; k < PROC_KINDS - 1 && strcmp(proc_kind_names[k], name) != 0; k++)
		;
	return (enum proc_kind)k;
}

static int
process_drain(struct req *rq, const void *args)
{
	const struct drain_in *in = args;
	enum proc_kind kind = kind_of(in->kind);

	if (!process_ready(kind, (int)in->index))
		return E_NOT_FOUND;
	if (!scoreboard_request(REQUEST_DRAIN, kind, (int)in->index))
		return explain_change(rq);
	AUDIT("operator_action", rq->user, rq->ip, JS("action", "drain"), JS("host", host_name()), JS("kind", in->kind),
	    JI("index", in->index));
	return reply_accepted(rq);
}

const struct route admin_process_routes[] = {
	{ "GET", "/api/v1/admin/processes", process_read, NULL, OPERATOR_PROCESSES, RATE_DEFAULT, 5000,
	    "The processes of the host that answers, and the hosts of the last day; cpu is percent of one core in the last "
	    "second", DATA("{host:string, hosts:[{host:string, seenAt:time}], processes:[Process]}"), 0 },
	{ "POST", "/api/v1/admin/reload", reload_post, NULL, OPERATOR_PROCESSES, RATE_WRITE, 5000,
	    "Read the configuration of this host again and replace its processes one by one, as `dure reload`; 409 while "
	    "processes are being replaced", "202 " DATA("{accepted:true, host:string}") " !CONFLICT", 0 },
	{ "POST", "/api/v1/admin/processes/{kind}/{index}/drain", process_drain, drain_params, OPERATOR_PROCESSES,
	    RATE_WRITE, 5000,
	    "Replace one process of this host: its successor takes over, or it finishes its work; 409 while processes are "
	    "being replaced", "202 " DATA("{accepted:true, host:string}") " !CONFLICT", 0 },
	{ 0 }
};
