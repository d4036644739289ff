/* tally.h -- what domain/usage.h is told of this worker's endpoints. */
#ifndef HTTP_TALLY_H
#define HTTP_TALLY_H

/* Once a process, when the routes are read and the metrics are in use. */
void	 tally_start(void);

#endif
