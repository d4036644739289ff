/* shelves.c -- which videos are near each other on the shelves of users, against the rule applied pair by pair. */
#include "worker/domain/curation/shelves.h"

#include <math.h>
#include <stdlib.h>

#include "tap.h"

enum { USERS = 60, VIDEOS = 90, LENGTH = 70 };

static int64_t shelf[USERS][LENGTH];
static int users_of[VIDEOS];

static int64_t
key_of(int video)
{
	return (int64_t)((uint64_t)(video + 1) * 0x9e3779b97f4a7c15u);
}

/* Each user has LENGTH different videos, in an order of the user's own. */
static void
make_shelves(void)
{
	int u, i;

	for (u = 0; u < USERS; u++)
		for (i = 0; i < LENGTH; i++) {
			int video = (u * 7 + i * (1 + u % 5 * 2)) % VIDEOS, k;

			for (k = 0; k < i; k++)
				if (shelf[u][k] == video) {
					video = (video + 1) % VIDEOS;
					k = -1;
				}
			shelf[u][i] = video;
			users_of[video]++;
		}
}

static double
expected(int a, int b)
{
	double common = 0;
	int u, i, k;

	for (u = 0; u < USERS; u++)
		for (i = 0; i < LENGTH; i++)
			for (k = 0; k < LENGTH; k++)
				if (shelf[u][i] == a && shelf[u][k] == b && i != k && abs(i - k) <= 30)
					common += exp(-abs(i - k) / 10.0);
	return common / pow(users_of[a], 0.5) / pow(users_of[b], 0.4);
}

static struct shelves *
fill(void)
{
	struct shelves *s = shelves_new();
	int64_t keys[LENGTH + 1];
	int u, i;

	for (u = 0; u < USERS; u++) {
		for (i = 0; i < LENGTH; i++)
			keys[i] = key_of((int)shelf[u][i]);
		keys[LENGTH] = keys[0];		/* an older interaction with the latest video */
		shelves_add(s, keys, LENGTH + 1);
	}
	for (i = 0; i < VIDEOS; i++)
		shelves_set_users(s, key_of(i), users_of[i]);
	shelves_index(s);
	return s;
}

static void
test_near(struct shelves *s)
{
	struct shelf_near near[VIDEOS];
	size_t n, i, steps = 0, wrong = 0, unsorted = 0, total = 0, videos;
	int a, b;

	for (a = 0; a < VIDEOS; a++) {
		n = shelves_near(s, key_of(a), near, VIDEOS, &steps);
		for (i = 0; i < n; i++) {
			for (b = 0; key_of(b) != near[i].key; b++)
				;
			wrong += b == a || fabs(near[i].weight - expected(a, b)) > 1e-9;
			unsorted += i > 0 && near[i].weight > near[i - 1].weight;
		}
		total += n;
	}
	ok(total > VIDEOS * 20, "videos have neighbours");
	is_int((int64_t)wrong, 0, "each weight is that of the rule");
	is_int((int64_t)unsorted, 0, "the nearest come first");
	ok(steps > total, "the work is counted");
	is_int((int64_t)shelves_entries(s), USERS * LENGTH, "a video counts once on a shelf");
	(void)shelves_keys(s, &videos);
	is_int((int64_t)videos, VIDEOS, "each video has one key");
}

static void
test_few(struct shelves *s)
{
	struct shelf_near all[VIDEOS], few[3];
	size_t steps = 0, i;

	shelves_near(s, key_of(5), all, VIDEOS, &steps);
	is_int((int64_t)shelves_near(s, key_of(5), few, 3, &steps), 3, "at most so many");
	for (i = 0; i < 3; i++)
		ok(few[i].key == all[i].key, "and they are the nearest");
	is_int((int64_t)shelves_near(s, 12345, few, 3, &steps), 0, "an unknown video has none");
}

/* Of four users, the shelves of two are there: they stand for four. */
static void
test_part(void)
{
	struct shelves *s = shelves_new();
	struct shelf_near near[2];
	size_t steps = 0, n;
	int64_t i;

	shelves_add(s, (int64_t[]){ 1, 2 }, 2);
	shelves_add(s, (int64_t[]){ 3, 2, 1 }, 3);
	shelves_set_users(s, 1, 4);
	shelves_set_users(s, 2, 1);
	shelves_index(s);
	is_int((int64_t)shelves_near(s, 1, near, 2, &steps), 1, "a video of which nothing is known is no neighbour");
	ok(near[0].key == 2 && fabs(near[0].weight - exp(-0.1) * 2 * 2 / 2) < 1e-9,
	    "present users stand for missing ones");
	ok(shelves_add_user(s, 7) && shelves_add_user(s, 0) && !shelves_add_user(s, 7), "a user is added once");
	shelves_free(&s);
	for (s = shelves_new(), i = 1; i <= 5000; i++)
		shelves_set_users(s, i * 977, i);
	(void)shelves_keys(s, &n);
	is_int((int64_t)n, 5000, "thousands of videos are told apart");
	shelves_free(&s);
	ok(s == NULL, "freeing nulls the pointer");
}

int
main(void)
{
	struct shelves *s;

	make_shelves();
	s = fill();
	test_near(s);
	test_few(s);
	shelves_free(&s);
	test_part();
	return done_testing();
}
