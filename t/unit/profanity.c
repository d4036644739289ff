/* profanity.c -- unwanted words, however they are written; and words that only look like them. */
#include "tap.h"

#include "worker/domain/live/profanity.h"

static struct arena mem;

static const char *
masked(const struct profanity *p, const char *text)
{
	struct str out = str_of(text);

	return profanity_find(p, &mem, str_of(text), &out) ? out.p : "-";
}

static void
check(const struct profanity *p, const char *text, const char *want)
{
	const char *got = masked(p, text);

	ok(strcmp(got, want) == 0, "%s: %s (%s)", text, want, got);
}

int
main(void)
{
	static const char list[] = "# a list\n바보\n*멍청\nass\ndarn*\n*crud*\n\xff\xfe bad line\n\n  shoot  \r\nㅂㅅ\n";
	struct profanity *p;

	arena_init(&mem, 4096);
	p = profanity_new(str_of(list));
	ok(profanity_words(p) == 7, "comments, empty lines and malformed text are skipped");

	check(p, "이 바보야", "이 **야");
	check(p, "바1보", "***");
	check(p, "바.보", "*.*");
	check(p, "바 보 같이", "* * 같이");
	check(p, "ㅂㅏㅂㅗ", "****");
	check(p, "바\xe2\x80\x8b보", "***");
	check(p, "바보오오", "**오오");
	check(p, "봐바 보자", "-");
	check(p, "울보바보", "-");
	check(p, "진짜멍청이", "진짜**이");
	check(p, "ㅂㅅ아", "**아");
	check(p, "비상", "-");
	check(p, "좋은 상품이네요", "-");

	check(p, "You ASS!", "You ***!");
	check(p, "class, as well, assume", "-");
	check(p, "aSSSs", "*****");
	check(p, "as s", "-");
	check(p, "a s s", "* * *");
	check(p, "@$$", "-");		/* no letter among them */
	check(p, "a$$", "***");
	check(p, "\xef\xbd\x81\xef\xbd\x93\xef\xbd\x93", "***");
	check(p, "darned", "****ed");
	check(p, "undarned", "-");
	check(p, "uncruddy", "un*****y");
	check(p, "shoooot", "*******");
	check(p, "sh00t", "*****");
	check(p, "shot", "-");
	check(p, "sh\xc3\xb6\xc3\xb6t", "*****");
	check(p, "", "-");
	check(p, "1234 5678", "-");

	profanity_free(&p);
	ok(p == NULL, "the list is freed");
	arena_fini(&mem);
	return done_testing();
}
