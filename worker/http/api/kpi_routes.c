/* kpi_routes.c -- the KPIs, for admins. Yields. See domain/ops/kpi.h. */
#include "../req.h"
#include "routes.h"
#include "worker/domain/ops/kpi.h"

struct kpi_in { int64_t days; };
static const struct param kpi_params[] = {
	P_INT(FROM_QUERY, struct kpi_in, days, "days", OPTIONAL, 1, 366, "30"), PARAM_END
};

static int
kpi_list(struct req *rq, const void *args)
{
	const struct kpi_in *in = args;
	const char *day;
	struct str list;
	int rc;

	if ((rc = kpi_read(rq->mem, in->days, &day, &list)) < 0)
		return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JR("data", list), JS("day", day)));
}

const struct route kpi_routes[] = {
	{ "GET", "/api/v1/stats/kpi", kpi_list, kpi_params, OPERATOR_KPI, RATE_DEFAULT, 10000,
	    "The KPIs of the latest day counted beside their targets, and their course over the days before it; what is not "
	    "known is null, with the reason", "{success:true, data:[Kpi], day:date|null}", 0 },
	{ 0 }
};
