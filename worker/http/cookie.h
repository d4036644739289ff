/* cookie.h -- the cookies of a request, and those an answer sets. Nothing here yields. */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "req.h"

/* The value of a cookie that the client sent, in rq->mem; NULL when it is absent or twice there. */
const char	*cookie_get(struct req *rq, const char *name);

enum cookie_kind { COOKIE_HIDDEN, COOKIE_SCRIPT };	/* HttpOnly, or readable by the page */
/* Set-Cookie with SameSite=Strict, and Secure in production; max_age_s 0 deletes it. Lives in rq->mem. */
void		 cookie_set(struct req *rq, const char *name, const char *value, const char *path, int64_t max_age_s,
		    enum cookie_kind kind);

#endif
