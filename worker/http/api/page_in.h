/* page_in.h -- the parameters of a plain list: cursor and limit. */
#ifndef API_PAGE_IN_H
#define API_PAGE_IN_H

#include "../req.h"

struct page_in {
	const char	*cursor;	/* NULL: the first page */
	int64_t		 limit;
};
static const struct param page_params[] = {
	P_PAGE(struct page_in, 100, "20"),
	PARAM_END
};

#endif
