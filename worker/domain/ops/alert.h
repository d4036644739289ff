/* alert.h -- urgent alerts: rows of `alerts`, posted to SLACK_WEBHOOK_URL as messages coloured by level.
 *
 * A row is added where something urgent happens (audit.h); cron delivers it. A burst of one title becomes one message
 * with a count. A message is sent at least once; its rows are dropped after ALERT_ATTEMPTS_MAX failures.
 */
#ifndef OPS_ALERT_H
#define OPS_ALERT_H

#include "worker/domain/core/audit.h"

enum { ALERT_ATTEMPTS_MAX = 12 };

/* Delivers what is due; *n: rows delivered. Yields. Errors as pg_query; an unreachable Slack is none. */
int	 alert_deliver(struct arena *mem, int64_t *n);

#endif
