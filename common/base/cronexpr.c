/* cronexpr.c -- reading cron expressions, and when they are due next. See cronexpr.h. */
#include "cronexpr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "err.h"
#include "str.h"

enum { FIELDS = 5, NUMBER_MAX = 1000, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, DAYS_AHEAD = 9 * 366,
    PART_CHARS = 20 };

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov",
    "dec", NULL };
static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

static const struct field {
	const char		*ko, *en;
	int			 min, max;
	const char *const	*names;		/* of min, min + 1, …; NULL: none */
} fields[FIELDS] = {
	{ "분", "minute", 0, 59, NULL }, { "시", "hour", 0, 23, NULL }, { "일", "day of month", 1, 31, NULL },
	{ "월", "month", 1, 12, months }, { "요일", "day of week", 0, 7, weekdays },
};

static int
explain_field(struct cronexpr_fault *why, const struct field *f, const char *part, size_t part_n)
{
	int at = (int)(f - fields) + 1, n = (int)utf8_clip(part, part_n, PART_CHARS);

	snprintf(why->ko, sizeof(why->ko), "%d번째 필드(%s)의 '%.*s'는 %d~%d 범위의 값, 목록, 구간이 아닙니다.", at, f->ko, n,
	    part, f->min, f->max);
	snprintf(why->en, sizeof(why->en), "Field %d (%s): '%.*s' is no value, list or range within %d and %d.", at,
	    f->en, n, part, f->min, f->max);
	return E_VALIDATION;
}

/* A number, or a name of the field's, at *p, which moves past it. */
static bool
read_value(const struct field *f, const char **p, const char *end, int *out)
{
	const char *s = *p;
	int i;

	if (s < end && *s >= '0' && *s <= '9') {
		for (*out = 0; s < end && *s >= '0' && *s <= '9' && *out < NUMBER_MAX; s++)
			*out = *out * 10 + (*s - '0');
		*p = s;
		return *out >= f->min && *out <= f->max;
	}
	for (i = 0; f->names != NULL && f->names[i] != NULL; i++)
		if (end - s >= 3 && strncasecmp(s, f->names[i], 3) == 0) {
			*out = f->min + i;
			*p = s + 3;
			return true;
		}
	return false;
}

static bool
read_step(const char **p, const char *end, int *out)
{
	static const struct field steps = { .ko = "", .en = "", .min = 1, .max = NUMBER_MAX - 1, .names = NULL };

	*out = 1;
	if (*p == end || **p != '/')
		return true;
	++*p;
	return read_value(&steps, p, end, out);
}

/* One element of a list: its values as bits. */
static bool
read_part(const struct field *f, const char *p, const char *end, uint64_t *bits)
{
	int from = f->min, to = f->max, step, i;
	bool open = false;

	if (p < end && *p == '*') {
		p++;
	} else {
		if (!read_value(f, &p, end, &from))
			return false;
		to = from;
		open = p < end && *p == '/';	/* 5/15: from 5 on */
		if (p < end && *p == '-') {
			p++;
			if (!read_value(f, &p, end, &to) || to < from)
				return false;
		}
	}
	if (open)
		to = f->max;
	if (!read_step(&p, end, &step) || p != end)
		return false;
	for (i = from; i <= to; i += step)
		*bits |= (uint64_t)1 << i;
	return true;
}

static int
read_field(const struct field *f, const char *p, size_t n, uint64_t *bits, struct cronexpr_fault *why)
{
	const char *end = p + n, *comma;

	for (*bits = 0;; p = comma + 1) {
		if ((comma = memchr(p, ',', (size_t)(end - p))) == NULL)
			comma = end;
		if (!read_part(f, p, comma, bits))
			return explain_field(why, f, p, (size_t)(comma - p));
		if (comma == end)
			return 0;
	}
}

static int
wrong_count(struct cronexpr_fault *why, int n)
{
	snprintf(why->ko, sizeof(why->ko), "cron 표현식은 필드가 5개여야 합니다(분 시 일 월 요일, UTC). 받은 필드: %d개", n);
	snprintf(why->en, sizeof(why->en),
	    "A cron expression has 5 fields (minute hour day month weekday, UTC), not %d.", n);
	return E_VALIDATION;
}

int
cronexpr_parse(struct cronexpr *out, const char *text, struct cronexpr_fault *why)
{
	static const char blank[] = " \t";
	const char *p, *first[FIELDS + 1] = { NULL };
	size_t length[FIELDS + 1] = { 0 };
	uint64_t bits[FIELDS];
	int n, i, rc;

	*out = (struct cronexpr){ 0 };
	*why = (struct cronexpr_fault){ { 0 }, { 0 } };
	for (n = 0, p = text + strspn(text, blank); *p != '\0'; n++) {
		size_t length_n = strcspn(p, blank);

		if (n < FIELDS) {
			first[n] = p;
			length[n] = length_n;
		}
		p += length_n;
		p += strspn(p, blank);
	}
	if (n != FIELDS)
		return wrong_count(why, n);
	for (i = 0; i < FIELDS; i++)
		if ((rc = read_field(&fields[i], first[i], length[i], &bits[i], why)) < 0)
			return rc;
	out->minute = bits[0];
	out->hour = (uint32_t)bits[1];
	out->day = (uint32_t)bits[2];
	out->month = (uint32_t)bits[3];
	out->weekday = (uint32_t)(bits[4] | (bits[4] >> 7 & 1)) & 0x7f;
	out->every_day = *first[2] == '*';
	out->every_weekday = *first[4] == '*';
	if (cronexpr_next(out, now_ms()) > 0)
		return 0;
	snprintf(why->ko, sizeof(why->ko), "이 cron 표현식에 해당하는 날짜는 없습니다.");
	snprintf(why->en, sizeof(why->en), "No date fits this cron expression.");
	return E_VALIDATION;
}

static bool
has_bit(uint64_t bits, int i)
{
	return bits >> i & 1;
}

static bool
fits_day(const struct cronexpr *e, const struct tm *t)
{
	bool day = has_bit(e->day, t->tm_mday), weekday = has_bit(e->weekday, t->tm_wday);

	if (!has_bit(e->month, t->tm_mon + 1))
		return false;
	return e->every_day || e->every_weekday ? day && weekday : day || weekday;
}

/* The first minute of the day at or behind `from` (minutes since midnight); -1: none. */
static int
find_minute(const struct cronexpr *e, int from)
{
	int i;

	for (i = from; i < DAY_S / MINUTE_S; i++)
		if (has_bit(e->hour, i / 60) && has_bit(e->minute, i % 60))
			return i;
	return -1;
}

int64_t
cronexpr_next(const struct cronexpr *e, int64_t after_ms)
{
	int64_t start_s = (after_ms / 1000 / MINUTE_S + 1) * MINUTE_S, day_s = start_s / DAY_S * DAY_S;
	int i, minute, from = (int)(start_s - day_s) / MINUTE_S;

	for (i = 0; i < DAYS_AHEAD; i++, from = 0, day_s += DAY_S) {
		time_t t = (time_t)day_s;
		struct tm tm;

		gmtime_r(&t, &tm);
		if (fits_day(e, &tm) && (minute = find_minute(e, from)) >= 0)
			return (day_s + minute * MINUTE_S) * 1000;
	}
	return 0;
}
