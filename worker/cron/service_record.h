/* service_record.h -- records what this host answers, and when it is ready (domain/ops/service_day.h). */
#ifndef CRON_SERVICE_RECORD_H
#define CRON_SERVICE_RECORD_H

/* Once a process; and the last record before it ends, which yields. */
void	 service_record_start(void);
void	 service_record_stop(void);

#endif
