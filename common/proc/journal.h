/* journal.h -- carries log lines to the process of this host that stores them: datagrams over a pair of sockets that
 * the master makes before it forks.
 *
 * A logging process sends one more datagram, never waits, and drops the line when there is no room. So the last lines
 * of a dying process arrive too, and a process is not delayed while PostgreSQL is down. Dropped lines are counted
 * (app_logs_total, result dropped). Lines wait in the kernel while they are not read.
 */
#ifndef PROC_JOURNAL_H
#define PROC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

enum { JOURNAL_LINE_MAX = 16384 };	/* bytes; a longer line is left out */

/* Make the pair, and take from now on what is logged at APP_LOGS_LEVEL or above, APP_LOGS_RATE lines a second; the
 * master, once. Its children inherit it. Without descriptors for it lines go where they went before. */
void	 journal_open(void);
/* Whether a child must keep this descriptor. */
bool	 journal_keeps(int fd);
/* Where lines are read from, one a read(2); -1: nowhere. */
int	 journal_fd(void);

#endif
