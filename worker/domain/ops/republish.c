/* republish.c -- collects each area's part and applies all of it at once. See republish.h. */
#include "republish.h"

#include "base/str.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/domain/analysis/batch.h"
#include "worker/domain/catalog/search.h"
#include "worker/domain/catalog/watch.h"
#include "worker/domain/core/failure.h"
#include "worker/domain/core/notification.h"

static int (*const parts[])(struct effects *effects, int64_t since_ms) = {
	analysis_republish,
	search_republish,
	batch_republish,
	watch_republish,
	notification_republish,
	failure_republish,
};

int
republish_since(struct arena *mem, int64_t since_ms)
{
	struct effects *effects = effects_new(mem);
	size_t i;
	int rc;

	for (i = 0; i < NELEM(parts); i++)
		if ((rc = parts[i](effects, since_ms)) < 0)
			return rc;
	effects_apply(effects);
	return 0;
}
