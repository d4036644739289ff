/* procs.h -- the architecture in one table: the kinds of processes, how many of each, and how they depend on each
 * other. */
#ifndef MASTER_PROCS_H
#define MASTER_PROCS_H

#include <stdbool.h>

#include "base/conf.h"
#include "worker/child.h"

enum { SEATS_MAX = 64 };	/* of one kind */

struct proc_row {
	enum proc_kind		 kind;
	const struct child_role	*role;
	int			(*count)(const struct conf *c);	/* how many there should be */
	bool			 numbered;	/* titled "http 1", not "kafka" */
	bool			 listens;	/* takes the sockets of the public port */
	bool			 heir;		/* takes over what its predecessor holds, that of an old master too */
	bool			 keep;		/* stays over a reload: it holds what cannot be handed on */
	int			 follows;	/* restarted when this kind comes back as another; 0: none */
	int			 reload_turn;	/* replaced in this order */
	int			 stop_turn;	/* stopped in this order */
	/* the higher, the sooner the kernel takes it when memory is short; the master has 0 */
	int			 oom_score;
	const char		*when;		/* its count in words */
	const char		*help;
};
/* In the order they are started; ends with a NULL role. */
extern const struct proc_row procs[];

#endif
