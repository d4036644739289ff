/* presence_census.h -- answers the census of connections for this process (domain/live/presence.h). */
#ifndef LIVE_PRESENCE_CENSUS_H
#define LIVE_PRESENCE_CENSUS_H

/* Listen for questions from now on; once a process. */
void	 presence_census_start(void);

#endif
