/* session_script.h -- what Redis keeps of sockets, as Lua: a script of steps (redis_send_step), of which
 * session_store.c sends those of a whole turn as one call. The first argument of a step is its name. */
#ifndef SESSION_SESSION_SCRIPT_H
#define SESSION_SESSION_SCRIPT_H

#include "link/redis.h"

extern struct redis_script session_script;
/* ARGV: process, then its tasks: removes the sockets of a process that died. */
extern struct redis_script session_forget;

#endif
