/* host_beat.h -- tells the other hosts that this one is there (domain/ops/host_list.h). */
#ifndef CRON_HOST_BEAT_H
#define CRON_HOST_BEAT_H

/* Once a process. */
void	 host_beat_start(void);

#endif
