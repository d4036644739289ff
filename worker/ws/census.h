/* census.h -- this process's part of the answer to who is connected where (domain/live/presence.h). */
#ifndef WS_CENSUS_H
#define WS_CENSUS_H

/* Listen for questions from now on; once a process. */
void	 census_start(void);

#endif
