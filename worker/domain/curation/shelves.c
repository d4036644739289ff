/* shelves.c -- see shelves.h. Pure. See: affinity.c, t/unit/shelves.c */
#include "shelves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { DISTANCE_MAX = 30, FIRST = 1024 };

/* Of a video: the entries that are it are by_video[start] to by_video[the next one's start - 1]. */
struct item {
	int64_t		 users;
	double		 common;	/* between uses 0 */
	double		 root;		/* users^0.4 */
	uint32_t	 start, last;	/* last: the shelf that it was last added to, from 1 */
};

/* Open addressing; a number is that of an item + 1, 0: free. */
struct slots {
	uint32_t	*v;
	size_t		 n;
};

struct shelves {
	int64_t		*keys;
	struct item	*items;
	size_t		 n, room;
	struct slots	 by_key;
	uint32_t	*entries, *owner;	/* the item, and the shelf */
	uint32_t	*by_video, *touched;
	size_t		 n_entries, entries_room;
	uint32_t	 shelf;
	uint64_t	*users;			/* a set: 0 is free */
	size_t		 n_users, users_room;
	double		 kernel[DISTANCE_MAX + 1];
};

static void *
grown(void *p, size_t n, size_t bytes)
{
	if ((p = reallocarray(p, n, bytes)) == NULL)
		bug("no memory for shelves");
	return p;
}

struct shelves *
shelves_new(void)
{
	struct shelves *s = calloc(1, sizeof(*s));
	int i;

	if (s == NULL)
		bug("no memory for shelves");
	for (i = 1; i <= DISTANCE_MAX; i++)
		s->kernel[i] = exp(-i / 10.0);
	return s;
}

void
shelves_free(struct shelves **s)
{
	if (*s == NULL)
		return;
	free((*s)->keys);
	free((*s)->items);
	free((*s)->by_key.v);
	free((*s)->entries);
	free((*s)->owner);
	free((*s)->by_video);
	free((*s)->touched);
	free((*s)->users);
	free(*s);
	*s = NULL;
}

static bool
put_user(uint64_t *set, size_t room, uint64_t user)
{
	size_t i = (user * 0x9e3779b97f4a7c15u) & (room - 1);

	while (set[i] != 0 && set[i] != user)
		i = (i + 1) & (room - 1);
	if (set[i] == user)
		return false;
	set[i] = user;
	return true;
}

bool
shelves_add_user(struct shelves *s, uint64_t user)
{
	size_t i, room = s->users_room == 0 ? FIRST : s->users_room * 2;
	uint64_t *set;

	if (user == 0)
		user = 1;
	if (s->n_users * 2 >= s->users_room) {
		if ((set = calloc(room, sizeof(*set))) == NULL)
			bug("no memory for shelves");
		for (i = 0; i < s->users_room; i++)
			if (s->users[i] != 0)
				put_user(set, room, s->users[i]);
		free(s->users);
		s->users = set;
		s->users_room = room;
	}
	if (!put_user(s->users, s->users_room, user))
		return false;
	s->n_users++;
	return true;
}

static uint32_t *
slot_of(const struct slots *t, const int64_t *keys, int64_t key)
{
	size_t i = ((uint64_t)key ^ (uint64_t)key >> 32) & (t->n - 1);

	while (t->v[i] != 0 && keys[t->v[i] - 1] != key)
		i = (i + 1) & (t->n - 1);
	return &t->v[i];
}

static void
grow_items(struct shelves *s)
{
	size_t i;

	s->room = s->room == 0 ? FIRST : s->room * 2;
	s->keys = grown(s->keys, s->room, sizeof(*s->keys));
	s->items = grown(s->items, s->room, sizeof(*s->items));
	free(s->by_key.v);
	s->by_key.n = s->room * 2;
	if ((s->by_key.v = calloc(s->by_key.n, sizeof(*s->by_key.v))) == NULL)
		bug("no memory for shelves");
	for (i = 0; i < s->n; i++)
		*slot_of(&s->by_key, s->keys, s->keys[i]) = (uint32_t)i + 1;
}

static uint32_t
item_of(struct shelves *s, int64_t key)
{
	uint32_t *slot;

	if (s->n == s->room)
		grow_items(s);
	slot = slot_of(&s->by_key, s->keys, key);
	if (*slot == 0) {
		s->keys[s->n] = key;
		s->items[s->n] = (struct item){ 0 };
		*slot = (uint32_t)++s->n;
	}
	return *slot - 1;
}

void
shelves_add(struct shelves *s, const int64_t *keys, size_t n)
{
	size_t i;

	s->shelf++;
	while (s->n_entries + n > s->entries_room) {
		s->entries_room = s->entries_room == 0 ? FIRST : s->entries_room * 2;
		s->entries = grown(s->entries, s->entries_room, sizeof(*s->entries));
		s->owner = grown(s->owner, s->entries_room, sizeof(*s->owner));
	}
	for (i = 0; i < n; i++) {
		uint32_t item = item_of(s, keys[i]);

		if (s->items[item].last == s->shelf)
			continue;
		s->items[item].last = s->shelf;
		s->entries[s->n_entries] = item;
		s->owner[s->n_entries++] = s->shelf;
	}
}

void
shelves_set_users(struct shelves *s, int64_t key, int64_t users)
{
	uint32_t item = item_of(s, key);	/* may move the items */
	struct item *v = &s->items[item];

	v->users = users;
	v->root = pow(users > 1 ? (double)users : 1, 0.4);
}

size_t
shelves_entries(const struct shelves *s)
{
	return s->n_entries;
}

const int64_t *
shelves_keys(const struct shelves *s, size_t *n)
{
	*n = s->n;
	return s->keys;
}

void
shelves_index(struct shelves *s)
{
	uint32_t start = 0, *next = grown(NULL, s->n + 1, sizeof(*next));
	size_t i;

	memset(next, 0, (s->n + 1) * sizeof(*next));
	for (i = 0; i < s->n_entries; i++)
		next[s->entries[i]]++;
	for (i = 0; i < s->n; i++) {
		uint32_t n = next[i];

		s->items[i].start = next[i] = start;
		start += n;
	}
	s->by_video = grown(s->by_video, s->n_entries + 1, sizeof(*s->by_video));
	s->touched = grown(s->touched, s->n + 1, sizeof(*s->touched));
	for (i = 0; i < s->n_entries; i++)
		s->by_video[next[s->entries[i]]++] = (uint32_t)i;
	free(next);
}

static size_t
touch(struct shelves *s, size_t n, uint32_t item, double common)
{
	if (s->items[item].common == 0)
		s->touched[n++] = item;
	s->items[item].common += common;
	return n;
}

/* Adds up what others have in common with the video of this entry. Returns the number of touched ones. */
static size_t
add_pairs(struct shelves *s, size_t n, uint32_t entry, size_t *steps)
{
	size_t i, until = entry + DISTANCE_MAX < s->n_entries ? entry + DISTANCE_MAX : s->n_entries - 1;
	size_t from = entry > DISTANCE_MAX ? entry - DISTANCE_MAX : 0;

	for (i = entry + 1; i <= until && s->owner[i] == s->owner[entry]; i++)
		n = touch(s, n, s->entries[i], s->kernel[i - entry]);
	*steps += i - entry;
	for (i = entry; i > from && s->owner[i - 1] == s->owner[entry]; i--)
		n = touch(s, n, s->entries[i - 1], s->kernel[entry - i + 1]);
	*steps += entry - i;
	return n;
}

static bool
nearer(const struct shelf_near *a, const struct shelf_near *b)
{
	return a->weight != b->weight ? a->weight > b->weight : a->key < b->key;
}

/* Insertion into the sorted list; few of many are near enough to be inserted. */
static size_t
keep_nearest(struct shelf_near *out, size_t n, size_t max, struct shelf_near v)
{
	size_t i;

	if (n == max && !nearer(&v, &out[n - 1]))
		return n;
	n += n < max;
	for (i = n - 1; i > 0 && nearer(&v, &out[i - 1]); i--)
		out[i] = out[i - 1];
	out[i] = v;
	return n;
}

size_t
shelves_near(struct shelves *s, int64_t key, struct shelf_near *out, size_t max, size_t *steps)
{
	uint32_t item = s->n > 0 ? *slot_of(&s->by_key, s->keys, key) : 0, i, end;
	size_t n = 0, k, found = 0;
	double scale;

	if (item-- == 0)
		return 0;
	end = item + 1 < s->n ? s->items[item + 1].start : (uint32_t)s->n_entries;
	for (i = s->items[item].start; i < end; i++)
		n = add_pairs(s, n, s->by_video[i], steps);
	scale = end == s->items[item].start ? 0 : (double)s->items[item].users / (end - s->items[item].start);
	scale /= sqrt(s->items[item].users > 1 ? (double)s->items[item].users : 1);
	for (k = 0; k < n; k++) {
		struct item *v = &s->items[s->touched[k]];

		if (v->users > 0)
			found = keep_nearest(out, found, max,
			    (struct shelf_near){ s->keys[s->touched[k]], v->common * scale / v->root });
		v->common = 0;
	}
	return found;
}
