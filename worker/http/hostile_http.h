/* hostile_http.h -- what may befall the client of a request (run/hostile.h). */
#ifndef HTTP_HOSTILE_HTTP_H
#define HTTP_HOSTILE_HTTP_H

#ifdef HOSTILE
/* Once a process. */
void	 hostile_http(void);
#else
static inline void hostile_http(void) { }
#endif

#endif
