/* recommend_update.h -- announces a user's changed list: `recommendations:update` to the room user:{id}.
 *
 * Some time after an interaction (RECOMMENDATION_UPDATE_MS) the list is computed anew and compared with the last one
 * that the user got, if that was lately. At most RECOMMEND_UPDATES_MAX users wait in a process; others hear of it
 * with the next interaction.
 */
#ifndef CURATION_RECOMMEND_UPDATE_H
#define CURATION_RECOMMEND_UPDATE_H

enum { RECOMMEND_UPDATES_MAX = 256 };

/* Does not yield. */
void	 recommend_update_soon(const char *user);

#endif
