/* control.h -- master.sock in DURE_RUN_DIR: every client that connects is sent the status as one JSON object. */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include <stdbool.h>

#include "base/buf.h"

/* Listen and answer each connection with what `put` appends. In the master, needs the loop; dies when the socket
 * cannot be made. Does not yield. */
void	 control_open(void (*put)(struct buf *b));
/* Bind the name again, which a failed successor had taken. */
void	 control_reopen(void);
/* Stop listening. `remove`: delete the socket; false when another master owns the name by now. */
void	 control_close(bool remove);
/* For commands: append the JSON of the master of the configured run directory. Blocks for 5 s at most. 0; E_DOWN when
 * no master answers. */
int	 control_ask(struct buf *json);

#endif
