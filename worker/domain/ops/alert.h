/* alert.h -- telling people what cannot wait: rows of `alerts`, posted to SLACK_WEBHOOK_URL as messages coloured by
 * level.
 *
 * Whoever has something to tell adds a row (audit.h does); cron delivers. What comes in a burst goes out as one message
 * that counts it. A message is sent at least once; after ALERT_ATTEMPTS_MAX failures its rows are given up.
 */
#ifndef OPS_ALERT_H
#define OPS_ALERT_H

#include "worker/domain/core/audit.h"

enum { ALERT_ATTEMPTS_MAX = 12 };

/* Deliver what is due; *n: rows delivered. Yields. Errors as pg_query; that nobody answers is none. */
int	 alert_deliver(struct arena *mem, int64_t *n);

#endif
