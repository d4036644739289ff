/* str.h -- strings of known length, and the small text rules that every layer needs. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"

/* Borrowed bytes; not necessarily NUL-terminated. */
struct str {
	const char	*p;
	size_t		 n;
};

#define STR(literal)	((struct str){ "" literal, sizeof(literal) - 1 })
#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static inline struct str
str_of(const char *s)
{
	return (struct str){ s, s == NULL ? 0 : strlen(s) };
}

/* Equal bytes. */
bool	 str_eq(struct str a, struct str b);
/* Equal bytes, in a time that depends on the lengths only. */
bool	 str_eq_secret(struct str a, struct str b);
/* Whether `n` bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool	 utf8_valid(const void *p, size_t n);
/* Code points in `n` bytes of valid UTF-8. */
size_t	 utf8_len(const char *p, size_t n);
/* The next code point of valid UTF-8 at *p, which moves past it; 0 at `end`. */
uint32_t utf8_next(const char **p, const char *end);
/* The longest prefix of valid UTF-8 with at most `max_chars` code points; its bytes. */
size_t	 utf8_clip(const char *p, size_t n, size_t max_chars);

/* Milliseconds since 1970 (wall clock), and since some start (monotonic, for durations and deadlines). */
int64_t	 now_ms(void);
int64_t	 mono_ms(void);
int64_t	 mono_us(void);
/* As mono_ms, as of the kernel's last tick: at most 10 ms old, and much cheaper. */
int64_t	 mono_tick_ms(void);

#define TIME_TEXT_BYTES 25
/* ISO 8601 UTC with milliseconds, "2026-01-31T09:08:07.006Z", into `out` of TIME_TEXT_BYTES; returns `out`. */
char	*time_text(char out[TIME_TEXT_BYTES], int64_t ms);

/* Milliseconds since 1970 of an ISO 8601 date, or date and time (seconds and their fraction may be missing; with Z, an
 * offset +hh:mm, or neither: UTC), in *ms; false for anything else. */
bool	 time_parse(const char *s, int64_t *ms);

#define NUM_TEXT_BYTES 32
/* The shortest decimal text that reads back as the finite `d`, whole numbers below 2^63 without an exponent, into
 * `out`; returns `out`. */
char	*num_text(char out[NUM_TEXT_BYTES], double d);

#define UUID_TEXT_BYTES 37
/* A random version 4 UUID (RFC 9562) in lower case into `out`; returns `out`. */
char	*uuid_text(char out[UUID_TEXT_BYTES]);
/* Whether `s` is a UUID in the usual 8-4-4-4-12 form. */
bool	 uuid_valid(const char *s);
/* Random bytes of the kernel's generator. */
void	 random_bytes(void *p, size_t n);

/* A 64-bit hash for tables (FNV-1a with a final mix; not for secrets). */
uint64_t hash_bytes(const void *p, size_t n);
/* A faster one, eight bytes a step: for tables in memory only, it may differ from build to build. */
uint64_t hash_fast(const void *p, size_t n);

/* Parse a whole string as a decimal integer within [min, max]; false when it is anything else. */
bool	 parse_int(const char *s, int64_t min, int64_t max, int64_t *out);

/* Decode %XX (and '+' as a space when `plus`) in place; false on a bad escape or an encoded NUL. */
bool	 url_decode(char *s, size_t *n, bool plus);

#endif
