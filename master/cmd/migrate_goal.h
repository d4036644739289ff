/* migrate_goal.h -- what `dure migrate` is asked for on its command line. */
#ifndef CMD_MIGRATE_GOAL_H
#define CMD_MIGRATE_GOAL_H

#include <stdbool.h>
#include <stdint.h>

enum migrate_order { MIGRATE_STATUS, MIGRATE_UP, MIGRATE_DOWN };

struct migrate_goal {
	enum migrate_order	 order;
	int			 to;		/* the migration to go to; 0: none was named */
	int64_t			 steps;		/* of --steps, else 0 */
	bool			 all;		/* --all */
	bool			 drop_data;	/* --drop-data */
};

/* Read the arguments behind "migrate". False, after saying on standard error what is wrong, when they make no sense. */
bool	 migrate_goal_parse(int argc, char **argv, struct migrate_goal *g);

#endif
