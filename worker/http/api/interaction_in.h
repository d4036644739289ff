/* interaction_in.h -- interactions as requests bring them, and faults of items in lists. */
#ifndef API_INTERACTION_IN_H
#define API_INTERACTION_IN_H

#include "../req.h"
#include "worker/domain/curation/interaction.h"

#define INTERACTION_WATCH_MAX INT64_C(86400000)

struct interaction_in {
	struct interaction	 v;
	const struct json	*list;		/* NULL: a single one */
};

/* Binds the items of `list`, or `single` where that is NULL, into *v, in the request's arena. Does not yield.
 * E_VALIDATION with every fault. */
int	 interactions_bind(struct req *rq, const struct json *list, const struct json *single, struct interaction **v,
    size_t *n);

/* Adds the faults of the item at an index, under its name in the list: "items[3].type". */
void	 faults_add(struct req *rq, const struct param_faults *f, const char *list, size_t at);
/* Refuses a field whose length or count lies outside min to max: E_VALIDATION. */
int	 fault_refuse(struct req *rq, const char *field, enum param_reason reason, int64_t min, int64_t max);

#endif
