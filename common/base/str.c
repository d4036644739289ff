/* str.c -- text, time and random helpers. See str.h. */
#include "str.h"

#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_eq_secret(struct str a, struct str b)
{
	volatile unsigned char diff = a.n != b.n;
	size_t i;

	for (i = 0; i < a.n && i < b.n; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}

/* Bytes of the well-formed sequence at `s` (RFC 3629, table of section 4), 0 when it is none. */
static size_t
utf8_sequence(const unsigned char *s, size_t n)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		len = 2;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		len = 3;
		lo = s[0] == 0xe0 ? 0xa0 : 0x80;
		hi = s[0] == 0xed ? 0x9f : 0xbf;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		len = 4;
		lo = s[0] == 0xf0 ? 0x90 : 0x80;
		hi = s[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (n < len || s[1] < lo || s[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
utf8_valid(const void *p, size_t n)
{
	const unsigned char *s = p;
	size_t i = 0, len;

	while (i < n) {
		uint64_t word;

		if (n - i >= 8) {	/* eight ASCII bytes at a time */
			memcpy(&word, s + i, 8);
			if ((word & 0x8080808080808080u) == 0) {
				i += 8;
				continue;
			}
		}
		if ((len = utf8_sequence(s + i, n - i)) == 0)
			return false;
		i += len;
	}
	return true;
}

size_t
utf8_len(const char *p, size_t n)
{
	size_t i, chars = 0;

	for (i = 0; i < n; i++)
		chars += ((unsigned char)p[i] & 0xc0) != 0x80;
	return chars;
}

uint32_t
utf8_next(const char **p, const char *end)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t c;
	int more;

	if (*p >= end)
		return 0;
	c = *s++;
	more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	if (more > 0)
		c &= 0x3fu >> more;
	while (more-- > 0 && (const char *)s < end)
		c = c << 6 | (*s++ & 0x3fu);
	*p = (const char *)s;
	return c;
}

size_t
utf8_clip(const char *p, size_t n, size_t max_chars)
{
	const char *s = p, *end = p + n;

	while (s < end && max_chars-- > 0)
		utf8_next(&s, end);
	return (size_t)(s - p);
}

static int64_t
clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t now_ms(void)  { return clock_us(CLOCK_REALTIME) / 1000; }
int64_t mono_ms(void) { return clock_us(CLOCK_MONOTONIC) / 1000; }
int64_t mono_us(void) { return clock_us(CLOCK_MONOTONIC); }
int64_t mono_tick_ms(void) { return clock_us(CLOCK_MONOTONIC_COARSE) / 1000; }

char *
time_text(char out[TIME_TEXT_BYTES], int64_t ms)
{
	time_t sec = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&sec, &tm);
	snprintf(out, TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000,
	    (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
	    (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, (unsigned)(ms % 1000));
	return out;
}

/* `n` digits at *s, which moves behind them. */
static bool
take_digits(const char **s, int n, int *out)
{
	for (*out = 0; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		*out = *out * 10 + (**s - '0');
	}
	return true;
}

static bool
take_byte(const char **s, char c)
{
	return **s == c && (*s)++ != NULL;
}

/* ".7", ".007", ".123456": thousandths; what is behind them is dropped. */
static int
take_fraction(const char **s)
{
	int ms = 0, unit = 100;

	if (!take_byte(s, '.'))
		return 0;
	for (; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		ms += unit * (**s - '0');
	return ms;
}

/* "Z", "+09:00", "-0330" or nothing, in minutes east of UTC. */
static bool
take_zone(const char **s, int *minutes)
{
	int sign = **s == '-' ? -1 : 1, h, m = 0;

	*minutes = 0;
	if (take_byte(s, 'Z') || **s == '\0')
		return true;
	if ((!take_byte(s, '+') && !take_byte(s, '-')) || !take_digits(s, 2, &h))
		return false;
	(void)take_byte(s, ':');
	if (**s != '\0' && !take_digits(s, 2, &m))
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

bool
time_parse(const char *s, int64_t *ms)
{
	struct tm t = { 0 };
	int zone = 0, fraction = 0;

	if (!take_digits(&s, 4, &t.tm_year) || !take_byte(&s, '-') || !take_digits(&s, 2, &t.tm_mon) ||
	    !take_byte(&s, '-') || !take_digits(&s, 2, &t.tm_mday))
		return false;
	if (*s != '\0') {
		if ((!take_byte(&s, 'T') && !take_byte(&s, ' ')) || !take_digits(&s, 2, &t.tm_hour) ||
		    !take_byte(&s, ':') || !take_digits(&s, 2, &t.tm_min))
			return false;
		if (take_byte(&s, ':') && !take_digits(&s, 2, &t.tm_sec))
			return false;
		fraction = take_fraction(&s);
		if (!take_zone(&s, &zone) || *s != '\0')
			return false;
	}
	t.tm_year -= 1900;
	t.tm_mon--;
	*ms = ((int64_t)timegm(&t) - zone * 60) * 1000 + fraction;
	return true;
}

void
random_bytes(void *p, size_t n)
{
	char *to = p;

	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		}
	}
}

char *
num_text(char out[NUM_TEXT_BYTES], double d)
{
	bool subnormal = d > -DBL_MIN && d < DBL_MIN;	/* less precise: fewer than 15 digits may do */
	int digits;

	if (!subnormal && d > -0x1p63 && d < 0x1p63 && d == (double)(int64_t)d) {
		snprintf(out, NUM_TEXT_BYTES, "%lld", (long long)d);
		return out;
	}
	for (digits = subnormal ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
		snprintf(out, NUM_TEXT_BYTES, "%.*g", digits, d);
		if (strtod(out, NULL) == d)
			break;
	}
	return out;
}

char *
uuid_text(char out[UUID_TEXT_BYTES])
{
	unsigned char b[16];

	random_bytes(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(out, UUID_TEXT_BYTES, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
	    b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return out;
}

bool
uuid_valid(const char *s)
{
	int i;

	for (i = 0; i < UUID_TEXT_BYTES - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = s[i];

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return false;
	}
	return s[i] == '\0';
}

uint64_t
hash_bytes(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ s[i]) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static uint64_t
mix_word(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0xff51afd7ed558ccdu;
	return h ^ h >> 32;
}

/* Long ones in four lanes, so that no multiplication waits for the one before. */
uint64_t
hash_fast(const void *p, size_t n)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ n, lane[4] = { h, h + 1, h + 2, h + 3 }, w;
	const char *s = p;
	int i;

	if (n >= 64) {
		for (; n >= 32; n -= 32)
			for (i = 0; i < 4; i++, s += 8) {
				memcpy(&w, s, 8);
				lane[i] = mix_word(lane[i], w);
			}
		for (i = 0; i < 4; i++)
			h = mix_word(h, lane[i]);
	}
	for (; n >= 8; n -= 8, s += 8) {
		memcpy(&w, s, 8);
		h = mix_word(h, w);
	}
	w = 0;
	memcpy(&w, s, n);
	h = (h ^ w) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 29;
}

bool
parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	long long v;
	char *end;

	if (!((*s >= '0' && *s <= '9') || (*s == '-' && s[1] >= '0' && s[1] <= '9')))
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return false;
	*out = v;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
url_decode(char *s, size_t *n, bool plus)
{
	size_t i, out = 0;

	for (i = 0; i < *n; i++) {
		char c = s[i];

		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%') {
			int hi = i + 2 < *n ? hex_digit(s[i + 1]) : -1;
			int lo = hi < 0 ? -1 : hex_digit(s[i + 2]);

			if (hi < 0 || lo < 0 || hi + lo == 0)
				return false;
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		s[out++] = c;
	}
	s[out] = '\0';
	*n = out;
	return true;
}
