/* cmd_dump.h -- dumpers that need a file of their own: the tables of two kinds of process would not go together in one.
 */
#ifndef CMD_CMD_DUMP_H
#define CMD_CMD_DUMP_H

#include "base/grid.h"

void	 dump_routes(struct grid *t);
void	 dump_events(struct grid *t);
void	 dump_privacy(struct grid *t);
void	 dump_retention(struct grid *t);

/* Whole documents: dure(1) and dure.conf(5) in roff, completion scripts. `dumps`: the names of all that can be dumped,
 * a blank behind each. */
void	 dump_man(struct buf *out, const char *dumps);
void	 dump_man_conf(struct buf *out, const char *dumps);
void	 dump_bash(struct buf *out, const char *dumps);
void	 dump_zsh(struct buf *out, const char *dumps);
/* What /openapi.json answers with. */
void	 dump_openapi(struct buf *out, const char *dumps);
/* /asyncapi.json and /asyncapi.d.ts. */
void	 dump_asyncapi(struct buf *out, const char *dumps);
void	 dump_typescript(struct buf *out, const char *dumps);

#endif
