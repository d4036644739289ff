/* backup_schedule.h -- when backups are due, and asks this host's master for them. */
#ifndef CRON_BACKUP_SCHEDULE_H
#define CRON_BACKUP_SCHEDULE_H

#include <stdint.h>

/* How long ago BACKUP_SCHEDULE last came due, s: a backup made before that is too old. Ten years where it is off. */
int64_t	 backup_schedule_full_s(void);
int64_t	 backup_schedule_tables_s(void);
/* Ask for one. Yields. 0; E_BUSY when the master has something else to do: the next round asks again. */
int	 backup_ask_full(int64_t *n);
int	 backup_ask_tables(int64_t *n);

#endif
