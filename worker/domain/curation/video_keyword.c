/* video_keyword.c -- the stored form of keywords. See video.h. Pure. */
#include <ctype.h>

#include "base/str.h"
#include "video.h"

/* A lower-case copy without outer spaces; other scripts than ASCII have no case that matters here. */
const char *
video_keyword(struct arena *mem, const char *given)
{
	size_t n = strlen(given), i;
	char *copy;

	for (; n > 0 && isspace((unsigned char)*given); given++)
		n--;
	while (n > 0 && isspace((unsigned char)given[n - 1]))
		n--;
	if (n == 0 || utf8_len(given, n) > VIDEO_KEYWORD_MAX)
		return NULL;
	copy = arena_copy(mem, given, n);
	for (i = 0; i < n; i++)
		if ((unsigned char)copy[i] < 0x80)
			copy[i] = (char)tolower((unsigned char)copy[i]);
	return copy;
}

static bool
is_among(struct strs list, const char *word)
{
	size_t i;

	for (i = 0; i < list.n; i++)
		if (strcmp(list.v[i], word) == 0)
			return true;
	return false;
}

struct strs
video_keywords(struct arena *mem, struct strs given)
{
	struct strs out = { arena_alloc(mem, VIDEO_KEYWORDS_MAX * sizeof(char *)), 0 };
	const char *word;
	size_t i;

	for (i = 0; i < given.n && out.n < VIDEO_KEYWORDS_MAX; i++)
		if ((word = video_keyword(mem, given.v[i])) != NULL && !is_among(out, word))
			out.v[out.n++] = word;
	return out;
}
