/* split.c -- NDJSON and JSON arrays, in portions of every size. */
#include "tap.h"

#include "base/split.h"

/* Every item as "line:item|", "line:!|" for one too long, "?" when broken, "." at the end. */
static const char *
cut(const char *text, size_t portion, size_t item_max)
{
	struct split s = { .item_max = item_max };
	static char out[4096];
	size_t n = strlen(text), at, k, o = 0;
	enum split_result r = SPLIT_MORE;
	struct str item;
	int64_t line;
	char *copy;

	for (at = 0; at < n && r != SPLIT_BROKEN; at += k) {
		k = portion < n - at ? portion : n - at;
		copy = malloc(k);		/* of its own, so that a sanitizer sees a read past it */
		memcpy(copy, text + at, k);
		split_feed(&s, copy, k);
		while ((r = split_next(&s, &item, &line)) == SPLIT_ITEM || r == SPLIT_TOO_LONG)
			o += (size_t)sprintf(out + o, "%d:%.*s|", (int)line, r == SPLIT_ITEM ? (int)item.n : 1,
			    r == SPLIT_ITEM ? item.p : "!");
		free(copy);
	}
	if (r != SPLIT_BROKEN && ((r = split_end(&s, &item, &line)) == SPLIT_ITEM || r == SPLIT_TOO_LONG))
		o += (size_t)sprintf(out + o, "%d:%.*s|", (int)line, r == SPLIT_ITEM ? (int)item.n : 1, r == SPLIT_ITEM
		    ? item.p : "!");
	sprintf(out + o, r == SPLIT_BROKEN ? "?" : ".");
	split_fini(&s);
	return out;
}

static const struct {
	const char	*text, *want;
} cases[] = {
	{ "", "." },
	{ "  \n \n", "." },
	{ "{\"a\":1}\n{\"a\":2}\n", "1:{\"a\":1}|2:{\"a\":2}|." },
	{ "{\"a\":1}\r\n\r\n{\"a\":2}", "1:{\"a\":1}|3:{\"a\":2}|." },
	{ "\n\n{}\n", "3:{}|." },
	{ "one\ntwo is far too long for this\nthree\n", "1:one|2:!|3:three|." },
	{ "a line too long at the very end", "1:!|." },
	{ "[]", "." },
	{ " [ ] ", "." },
	{ "[1,2]", "1:1|2:2|." },
	{ "[{\"a\":[1,2]}, {\"b\":\"],}\"} ]\n", "1:{\"a\":[1,2]}|2:{\"b\":\"],}\"}|." },
	{ "[\"a\\\"],b\",\"\\\\\"]", "1:\"a\\\"],b\"|2:\"\\\\\"|." },
	{ "[{\"a\":\"too long for the bound\"},3]", "1:!|2:3|." },
	{ "[1,2", "1:1|?" },
	{ "[1,]", "1:1|?" },
	{ "[,1]", "?" },
	{ "[1] 2", "1:1|?" },
	{ "[1]]", "1:1|?" },
	{ "[1}]", "?" },
	{ "[", "?" },
};

int
main(void)
{
	size_t i, portion;

	for (i = 0; i < NELEM(cases); i++) {
		for (portion = 1; portion < strlen(cases[i].text); portion++)
			if (strcmp(cut(cases[i].text, portion, 20), cases[i].want) != 0)
				break;
		is_str(cut(cases[i].text, portion, 20), cases[i].want,
		    "case %zu splits alike in portions of 1 to %zu bytes", i, portion);
	}
	return done_testing();
}
