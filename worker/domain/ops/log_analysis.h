/* log_analysis.h -- warnings and errors of app_logs by pattern and by hour, with advice. */
#ifndef OPS_LOG_ANALYSIS_H
#define OPS_LOG_ANALYSIS_H

#include "app_log.h"

/* {topErrors:[{pattern,count,message,lastSeen}],errorsByHour:{"2026-01-31T09":3},totalErrors,suggestions} in `mem`, of
 * the lines that the filter lets pass, from warnings on, of the last day unless it says since; at most 100,000 lines,
 * the newest. Its limit and cursor do not count. Yields. Errors as pg_query; E_VALIDATION for a malformed time. */
int	 log_analysis(struct arena *mem, const struct app_log_filter *f, struct str *answer);

#endif
