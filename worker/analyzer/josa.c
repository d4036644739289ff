/* josa.c -- picks a particle by the final consonant. See josa.h. */
#include "josa.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

enum final { VOWEL, CONSONANT, RIEUL };

static enum final
final_of(uint32_t c)
{
	if (c >= 0xac00 && c <= 0xd7a3)
		return (c - 0xac00) % 28 == 0 ? VOWEL : (c - 0xac00) % 28 == 8 ? RIEUL : CONSONANT;
	if (c >= '0' && c <= '9')	/* 영 일 이 삼 사 오 육 칠 팔 구 */
		return strchr("178", (int)c) != NULL ? RIEUL : strchr("036", (int)c) != NULL ? CONSONANT : VOWEL;
	if (c == 'l' || c == 'L')
		return RIEUL;
	return c < 0x80 && c > 0 && strchr("mnMNbckpBCKP", (int)c) != NULL ? CONSONANT : VOWEL;
}

const char *
josa(enum josa which, const char *word, size_t n)
{
	static const struct {
		const char *closed, *open;
	} pairs[] = { { "이", "가" }, { "은", "는" }, { "을", "를" }, { "과", "와" }, { "으로", "로" } };
	const char *end = word + n, *p = end;
	enum final final;

	while (p > word && (*--p & 0xc0) == 0x80)
		;
	final = n > 0 ? final_of(utf8_next(&p, end)) : VOWEL;
	if (final == RIEUL && which == JOSA_BY)
		final = VOWEL;
	return final == VOWEL ? pairs[which].open : pairs[which].closed;
}
