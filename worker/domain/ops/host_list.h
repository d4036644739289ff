/* host_list.h -- the hosts that run Dure with this Redis: the sorted set `hosts`, by when each was last seen. */
#ifndef OPS_HOST_LIST_H
#define OPS_HOST_LIST_H

#include "base/arena.h"
#include "base/str.h"

/* Records that this host is there. Does not yield. */
void	 host_list_beat(void);
/* [{"host","seenAt"}], the latest first; hosts are forgotten after a day. Yields. Errors as redis_cmd. */
int	 host_list_read(struct arena *mem, struct str *list);

#endif
