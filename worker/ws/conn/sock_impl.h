/* sock_impl.h -- for the units of sock.h alone. Below: sock_life.c (states, queue, end). Above it: sock_in.c (what is
 * received) and sock_out.c (what is sent). On top: sock.c. Nothing here yields. */
#ifndef CONN_SOCK_IMPL_H
#define CONN_SOCK_IMPL_H

#include "sock.h"

/* --- sock_life.c --- */

void	 sock_life_start(void);
/* A zeroed one, counted as open. */
struct sock *sock_alloc(void);
/* The only way from one state to another; any that is not foreseen is a bug. */
void	 sock_enter(struct sock *s, enum sock_state state);
/* OPEN to CLOSING, for a while at most. */
void	 sock_begin_closing(struct sock *s);
/* Close the descriptor and call the owner. The memory stays until sock_free_dead. */
void	 sock_destroy(struct sock *s, int code);
void	 sock_free_dead(void);
/* It has something to write, or to end, at the end of the turn. */
void	 sock_mark_dirty(struct sock *s);
/* Take one that is dirty, or NULL; and when it was written: false, it has died meanwhile. */
struct sock *sock_next_dirty(void);
bool	 sock_flushed(struct sock *s);
/* Free the rest of its input. */
void	 sock_drop_rest(struct sock *s);

/* --- sock_in.c --- */

void	 sock_in_start(void);
/* Watch for what it can read and write now. */
void	 sock_watch(struct sock *s);
/* Read no more until its budget allows it. */
void	 sock_throttle(struct sock *s);
/* There is something to read. May call back. */
void	 sock_readable(struct sock *s);

#endif
