/* news.h -- the client of NewsAPI. */
#ifndef API_NEWS_H
#define API_NEWS_H

#include <stdint.h>

#include "base/arena.h"

/* Reads the headlines; words in several of them that are keywords of videos become trends. *n: how many. Yields. Errors
 * as fetch, the parser and pg_query. */
int	 news_round(struct arena *mem, int64_t *n);

#endif
