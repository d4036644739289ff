/* news_words.c -- the words of headlines: once a title, without sources and stop words. */
#include "worker/external/api/news_words.h"

#include "base/err.h"
#include "tap.h"

static struct arena mem;

int
main(void)
{
	struct news_word *w;
	size_t n, i;

	arena_init(&mem, 4096);
	is_int(news_words(&mem,
		   STR("{\"status\":\"ok\",\"articles\":[{\"title\":\"Yoga, yoga and the Moon - Yoga News\"},"
		       "{\"title\":\"YOGA at dawn\"},{\"title\":null},{},{\"title\":\"요가 열풍 - 뉴스\"}]}"),
		   &w, &n),
	    0, "headlines are read");
	ok(n > 0 && strcmp(w[0].word, "yoga") == 0 && w[0].titles == 2, "a word counts once a title, in any case");
	for (i = 0; i < n && strcmp(w[i].word, "the") != 0 && strcmp(w[i].word, "at") != 0 &&
		    strcmp(w[i].word, "news") != 0 && strcmp(w[i].word, "뉴스") != 0;
	     i++)
		;
	ok(i == n, "stop words, short ones and the source do not");
	for (i = 0; i < n && strcmp(w[i].word, "요가") != 0; i++)
		;
	ok(i < n, "words of other scripts do");
	is_int(news_words(&mem, STR("{\"status\":\"error\",\"code\":\"rateLimited\"}"), &w, &n), E_VALIDATION,
	    "an error has none");
	is_int(news_words(&mem, STR("[]"), &w, &n), E_VALIDATION, "nor has another shape");
	is_int(news_words(&mem, STR("{\"status\":"), &w, &n), E_JSON, "nor half an answer");
	arena_fini(&mem);
	return done_testing();
}
