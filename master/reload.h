/* reload.h -- HUP: the configuration is read again, and the children are replaced by ones that know it. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

/* The file given at the start (NULL: none); `mem` holds the texts of `conf` and is ours from now on. */
struct arena;
void		 reload_init(const char *file, struct arena *mem);
/* The generation that children are started with. */
uint32_t	 reload_generation(void);
/* Read the configuration again. One that is refused changes nothing; else the children are replaced one by one. During
 * a reload: once more after it. */
void		 reload_begin(void);
/* Whether children are being replaced for it; go on (with every step of the supervisor). */
bool		 reload_under_way(void);
void		 reload_step(void);
/* Give the reload under way up, for the end of everything. */
void		 reload_forget(void);
/* For the status: reloads that were asked for and are done or refused, and what was wrong with the last; NULL: nothing.
 */
uint32_t	 reload_count(void);
const char	*reload_error(void);

#endif
