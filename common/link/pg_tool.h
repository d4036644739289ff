/* pg_tool.h -- PostgreSQL's own programs (pg_dump, pg_restore) as children of a command. */
#ifndef LINK_PG_TOOL_H
#define LINK_PG_TOOL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"

struct pg_tool {
	pid_t	 pid;
	int	 fd;		/* the end of its pipe that is ours */
};

/* Start `argv` (NULL-terminated; argv[0] is looked for in PATH) connected as `conninfo` says; nothing of that but the
 * database's name is on its command line, where others could read it. t->fd is its standard input when `writes`, else
 * its standard output; messages go to standard error. False with errno, or EINVAL for a malformed `conninfo`. */
bool	 pg_tool_start(struct pg_tool *t, const char *conninfo, const char *const *argv, bool writes);
/* Close the pipe and wait for the end. The exit status; -1 when it was killed or could not be started. */
int	 pg_tool_end(struct pg_tool *t);
/* `conninfo` with another database, as keyword=value pairs in `mem`; NULL when it is malformed. */
const char *pg_tool_database(struct arena *mem, const char *conninfo, const char *database);

#endif
