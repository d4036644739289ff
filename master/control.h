/* control.h -- master.sock in DURE_RUN_DIR: whoever connects is sent the process table and the configuration in effect
 * as one JSON object. */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include "base/buf.h"

/* Answer on the socket (master; needs the loop), until control_close, which leaves the name where another master has
 * it. */
void	 control_open(void);
void	 control_close(void);
/* Ask the master of the configured run directory: its JSON. 0; E_DOWN when nobody answers. */
int	 control_ask(struct buf *json);

#endif
