/* reload.h -- HUP: reads the configuration again and replaces the children by ones that use it. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct conf;

/* Reads the configuration into *c, its texts into `mem`: 0, or an error with *why. */
typedef int reload_read_fn(struct conf *c, struct arena *mem, const char **why);
/* `read`: how the configuration of the start was read. Takes ownership of `mem`, which holds the texts of `conf`. */
void		 reload_init(reload_read_fn *read, struct arena *mem);
/* The generation that children are started with. */
uint32_t	 reload_generation(void);
/* Read the configuration again. A refused one changes nothing; otherwise the children are replaced one by one. When a
 * reload is under way, another follows it. */
void		 reload_begin(void);
/* Whether a reload is replacing children; and advance it, with every step of the supervisor. */
bool		 reload_under_way(void);
void		 reload_step(void);
/* Abandon a reload under way, because the master stops. */
void		 reload_forget(void);
/* For the status: how many reloads were finished or refused, and what was wrong with the last; NULL: nothing. */
uint32_t	 reload_count(void);
const char	*reload_error(void);

#endif
