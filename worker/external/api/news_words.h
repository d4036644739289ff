/* news_words.h -- the words of headlines, counted. Pure. */
#ifndef API_NEWS_WORDS_H
#define API_NEWS_WORDS_H

#include "base/json.h"

enum { NEWS_TITLES_MAX = 100, NEWS_WORDS_MAX = 200 };

struct news_word {
	const char	*word;		/* as keywords are stored */
	int64_t		 titles;	/* that have it */
};
/* The words of an answer of NewsAPI that most titles have, in `mem`; *n at most NEWS_WORDS_MAX. E_VALIDATION: not such
 * an answer; else as json_parse. */
int	 news_words(struct arena *mem, struct str body, struct news_word **out, size_t *n);

#endif
