/* retry_delay.c -- see retry_delay.h. */
#include "retry_delay.h"

#include <stddef.h>
#include <time.h>

#include "base/str.h"

enum { SECONDS_MAX = 1000000000, SHIFT_MAX = 30 };

int64_t
retry_delay_ms(int attempt, int64_t base_ms, int64_t max_ms, uint64_t chance)
{
	int64_t most = base_ms << (attempt < SHIFT_MAX ? attempt : SHIFT_MAX);

	if (most > max_ms)
		most = max_ms;
	return (int64_t)(chance % (uint64_t)(most + 1));
}

static int64_t
within(int64_t ms)
{
	return ms < 0 ? 0 : ms < RETRY_AFTER_MAX_MS ? ms : RETRY_AFTER_MAX_MS;
}

int64_t
retry_after_ms(const char *value, int64_t now_ms)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %d %H:%M:%S %Y" };
	const char *end;
	struct tm tm;
	int64_t s;
	size_t i;

	if (value == NULL)
		return RETRY_AFTER_NONE;
	if (parse_int(value, 0, SECONDS_MAX, &s))
		return within(s * 1000);
	for (i = 0; i < NELEM(forms); i++) {
		memset(&tm, 0, sizeof(tm));
		if ((end = strptime(value, forms[i], &tm)) != NULL && *end == '\0')
			return within((int64_t)timegm(&tm) * 1000 - now_ms);
	}
	return RETRY_AFTER_NONE;
}
