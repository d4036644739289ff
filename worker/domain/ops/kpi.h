/* kpi.h -- the figures by which the service is judged, beside their targets: `kpi_daily`, a row a day (UTC) and figure.
 *
 * dau, mau	users who were there on the day, in the 30 days that end with it
 * retentionD7, retentionD30	of those whose account was made so many days before, how many were there on the day
 * sessionMinutes	mean length of the day's sessions
 * videosPerSession, ctr	videos viewed a session; lists recommended that led to a click
 * conversion	of the users of the 30 days, how many paid an order in them
 * premiumShare	of the accounts that may log in, admins aside, those of the tiers premium and pro
 * churn	of the users of the 30 days before those, how many were not there in these
 * apiP95, errorRate	of the requests of the day, but for those that wait for events; answers with 5xx
 * uptime	of the minutes since the first one recorded, those in which any host was ready
 */
#ifndef OPS_KPI_H
#define OPS_KPI_H

#include "base/arena.h"
#include "base/str.h"

/* Counts the present day so far, the one before, and those of the last week that are missing; *n days. Yields. Errors
 * as pg_query. */
int	 kpi_count(int64_t *n);
/* The latest day counted, with the course of the last `days` up to it: [{"name","value","unit","target","met",
 * "reason"?,"series":[{"day","value"}]}] in `list`; *day NULL: none is. Values are null where `reason` says why. In
 * `mem`. Yields. Errors as pg_query. */
int	 kpi_read(struct arena *mem, int64_t days, const char **day, struct str *list);

#endif
