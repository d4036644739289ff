/* cmd_dump.h -- dumpers that need a file of their own: the tables of two kinds of process would not go together in one.
 */
#ifndef CMD_CMD_DUMP_H
#define CMD_CMD_DUMP_H

#include "base/grid.h"

void	 dump_routes(struct grid *t);
void	 dump_events(struct grid *t);
void	 dump_privacy(struct grid *t);
void	 dump_retention(struct grid *t);

#endif
