/* usage.c -- daily usage counts. See usage.h. */
#include "usage.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "activity.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/str.h"
#include "link/redis.h"
#include "run/loop.h"

enum { FLUSH_MS = 2000, USERS = 1024, DATE_BYTES = 11, REQUESTS_TTL_S = 86400, USERS_TTL_S = 31 * 86400,
    ID_BYTES = 64 };

static struct {
	struct loop_timer	 timer;
	int			 n;
	const char		*(*name)(int i);
	unsigned long long	(*count)(int i);
	unsigned long long	*reported;			/* per endpoint: requests already added to Redis */
	char			 users[USERS][ID_BYTES];	/* seen since the last flush, by hash */
	uint64_t		 sent[USERS];		/* hash of the user in this slot who was reported lately */
	char			 day[DATE_BYTES];
	int64_t			 forgot_ms;		/* when `sent` was cleared (monotonic) */
} usage;

static void
date_text(char out[DATE_BYTES])
{
	time_t t = (time_t)(now_ms() / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, DATE_BYTES, "%Y-%m-%d", &tm);
}

static void
report_users(const char *date)
{
	bool any = false;
	int i;

	for (i = 0; i < USERS; i++) {
		if (*usage.users[i] == '\0')
			continue;
		redis_send("PFADD active_users:%s %s", date, usage.users[i]);
		activity_note(usage.users[i]);
		usage.sent[i] = hash_keyed(usage.users[i], strlen(usage.users[i]));
		*usage.users[i] = '\0';
		any = true;
	}
	if (any)
		redis_send("EXPIRE active_users:%s %d", date, USERS_TTL_S);
}

static void
report_requests(const char *date)
{
	unsigned long long now;
	int i;

	for (i = 1; i <= usage.n; i++) {
		if ((now = usage.count(i)) == usage.reported[i])
			continue;
		redis_send("INCRBY api_requests:%s:%s %llu", date, usage.name(i), now - usage.reported[i]);
		redis_send("EXPIRE api_requests:%s:%s %d", date, usage.name(i), REQUESTS_TTL_S);
		usage.reported[i] = now;
	}
}

void
usage_flush(void)
{
	char date[DATE_BYTES];

	if (!redis_up())
		return;
	date_text(date);
	if (strcmp(date, usage.day) != 0 || mono_ms() - usage.forgot_ms >= ACTIVITY_EVERY_MS) {
		memcpy(usage.day, date, sizeof(date));
		memset(usage.sent, 0, sizeof(usage.sent));
		usage.forgot_ms = mono_ms();
	}
	report_users(date);
	report_requests(date);
}

static void
on_flush_timer(struct loop_timer *t)
{
	(void)t;
	usage_flush();
}

void
usage_start(int n, const char *(*name)(int i), unsigned long long (*count)(int i))
{
	int i;

	usage.n = n;
	usage.name = name;
	usage.count = count;
	if ((usage.reported = calloc((size_t)n + 1, sizeof(*usage.reported))) == NULL)
		bug("no memory for counts");
	for (i = 1; i <= n; i++)
		usage.reported[i] = count(i);
	loop_timer_init(&usage.timer, on_flush_timer, NULL);
	loop_timer_start(&usage.timer, FLUSH_MS, FLUSH_MS);
}

void
usage_user(const char *user)
{
	size_t n = strlen(user);
	uint64_t hash = hash_keyed(user, n);
	char *place = usage.users[hash % USERS];

	if (n >= ID_BYTES || usage.sent[hash % USERS] == hash || strcmp(place, user) == 0)
		return;
	if (*place == '\0')
		memcpy(place, user, n + 1);
	else if (*usage.day != '\0')	/* another user has the slot */
		redis_send("PFADD active_users:%s %s", usage.day, user);
}
