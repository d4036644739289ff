/* room_outbox.c -- events that wait for Redis. See room_outbox.h. Yields: room_outbox_retell, the rounds. */
#include "room_outbox.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "link/pg.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"

enum { ROUND_MS = 200, ROUND_LIMIT_MS = 15000, STORE_MAX = 500, LEFT_MAX = 500 };
/* of one call of the script, during which Redis does nothing else */
enum { CALL_EVENTS = 64, CALL_BYTES = 262144 };

static struct {
	char		  name[UUID_TEXT_BYTES];	/* of this process as a publisher; no other's ever */
	int64_t		  last;		/* number given */
	int64_t		  stored;	/* the highest number in the table; 0: it has nothing of this process */
	size_t		  sent;		/* calls of the script that are not answered yet */
	struct {
		struct room_item *first, **end;
		size_t	  n, bytes;
	} call;				/* events for the next one */
	int		  holds;
	struct room_item *first, *end;	/* those that wait, by number */
	size_t		  waiting;
	int64_t		  dropped;
	bool		  working;	/* a round, or the timer of the next */
	bool		  unstored;	/* the last round could not store */
	struct loop_timer round;
} self;

/* --- Store --- */

static struct pg_stmt store_rows = PG_STMT("insert", "room_outbox",
    "INSERT INTO room_outbox (publisher, n, room, tail, keep_s)"
    " SELECT $1, *"
    " FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[])"
    " ON CONFLICT DO NOTHING");

/* What the table does not have, a part of it a round. Only rounds free items, one at a time. */
static int
store_waiting(void)
{
	struct room_item *batch[STORE_MAX], *i;
	const char *rooms[STORE_MAX], *tails[STORE_MAX];
	int64_t numbers[STORE_MAX], keeps[STORE_MAX];
	struct arena *mem = co_arena();
	size_t n = 0, k;
	int rc;

	for (i = self.first; i != NULL && n < STORE_MAX; i = i->next) {
		if (i->stored)
			continue;
		batch[n] = i;
		numbers[n] = i->n;
		rooms[n] = arena_copy(mem, i->room, strlen(i->room));
		tails[n] = arena_copy(mem, i->tail.p, i->tail.n);
		keeps[n++] = i->keep_s;
	}
	if (n == 0)
		return 0;
	self.stored = self.last;	/* also when the answer is lost */
	if ((rc = pg_query(pg_shared(), NULL, &store_rows, pg_text(self.name), pg_text(pg_bigints(mem, numbers, n)),
	    pg_text(pg_texts(mem, rooms, n)), pg_text(pg_texts(mem, tails, n)),
	    pg_text(pg_bigints(mem, keeps, n)))) < 0)
		return rc;
	for (k = 0; k < n; k++)
		batch[k]->stored = true;
	return 0;
}

static struct pg_stmt drop_rows = PG_STMT("delete", "room_outbox",
    "DELETE FROM room_outbox WHERE publisher = $1 AND n <= $2");

/* --- Publish --- */

/* E_INTERNAL: Redis refuses this one, and has said so. */
static int
publish_waiting(void)
{
	struct room_item *i;
	int64_t upto = self.stored;
	int rc;

	while ((i = self.first) != NULL) {
		if ((rc = room_script_run(i, self.name)) < 0 && rc != E_INTERNAL)
			return rc;
		if ((self.first = i->next) == NULL)
			self.end = NULL;
		self.waiting--;
		if (rc == 0)
			room_item_told(i);
		room_item_free(i);
	}
	if (self.dropped > 0)
		log_error("events were not published: too many waited for Redis", JI("events", self.dropped));
	self.dropped = 0;
	if (upto > 0 && (rc = pg_query(pg_shared(), NULL, &drop_rows, pg_text(self.name), pg_int(upto))) < 0)
		return rc;
	if (self.stored == upto)
		self.stored = 0;
	return 0;
}

static void
work(void *arg)
{
	int rc;

	(void)arg;
	if (self.sent == 0 && redis_up())
		(void)publish_waiting();
	if ((rc = store_waiting()) < 0 && !self.unstored)
		log_warn("events that wait for Redis are not stored", JI("events", (int64_t)self.waiting),
		    JS("error", err_row(rc)->code));
	self.unstored = rc < 0;
	self.working = self.first != NULL || self.stored > 0;
	if (self.working)
		loop_timer_start(&self.round, ROUND_MS, 0);
}

static void
on_round(struct loop_timer *t)
{
	(void)t;
	co_spawn(work, NULL, ROUND_LIMIT_MS);
}

/* --- Wait --- */

/* In its place: an answer may come when later ones wait already. */
static void
insert_item(struct room_item *i)
{
	struct room_item **at = &self.first;

	if (self.end != NULL && self.end->n < i->n)
		at = &self.end->next;
	while (*at != NULL && (*at)->n < i->n)
		at = &(*at)->next;
	i->next = *at;
	*at = i;
	if (i->next == NULL)
		self.end = i;
	self.waiting++;
}

static void
let_wait(struct room_item *i)
{
	if (self.waiting >= (size_t)conf.room_outbox_max) {
		self.dropped++;
		room_item_free(i);
		return;
	}
	if (self.first == NULL)
		log_warn("events wait for Redis", JS("room", i->room));
	insert_item(i);
	if (self.working)
		return;
	self.working = true;
	loop_timer_start(&self.round, 0, 0);
}

static void
end_item(struct room_item *i, int rc)
{
	if (rc == E_DOWN || rc == E_BUSY) {
		let_wait(i);
		return;
	}
	if (rc == 0)
		room_item_told(i);
	room_item_free(i);
}

static void
on_told(void *first, int rc)
{
	struct room_item *i, *next;

	self.sent--;
	for (i = first; i != NULL; i = next) {
		next = i->next;
		i->next = NULL;
		end_item(i, rc);
	}
}

/* Sends what was collected. */
static void
send_call(void)
{
	struct room_item *first = self.call.first;
	size_t n = self.call.n;

	if (n == 0)
		return;
	self.call.first = NULL;
	self.call.n = self.call.bytes = 0;
	self.sent++;
	room_script_send(first, n, self.name, on_told);
}

static void
collect_item(struct room_item *i)
{
	if (self.call.n == CALL_EVENTS || (self.call.n > 0 && self.call.bytes + i->tail.n > CALL_BYTES))
		send_call();
	if (self.call.n == 0)
		self.call.end = &self.call.first;
	*self.call.end = i;
	self.call.end = &i->next;
	self.call.n++;
	self.call.bytes += i->tail.n;
}

static void
begin(void)
{
	uuid_text(self.name);
	loop_timer_init(&self.round, on_round, NULL);
}

void
room_outbox_hold(void)
{
	self.holds++;
}

void
room_outbox_release(void)
{
	if (--self.holds == 0)
		send_call();
}

void
room_outbox_publish(struct room_item *i)
{
	if (self.last == 0)
		begin();
	i->n = ++self.last;
	if (self.first != NULL) {
		let_wait(i);
		return;
	}
	collect_item(i);
	if (self.holds == 0)
		send_call();
}

/* --- What is left behind --- */

enum { PUBLISHER, NUMBER, ROOM, TAIL, KEEP };	/* columns */
static struct pg_stmt read_left = PG_STMT("select", "room_outbox",
    "SELECT publisher, n, room, tail, keep_s FROM room_outbox"
    " WHERE created_at < now() - interval '20 seconds'"
    " ORDER BY publisher, n LIMIT $1");
static struct pg_stmt drop_left = PG_STMT("delete", "room_outbox",
    "DELETE FROM room_outbox WHERE publisher = $1 AND n = $2");

static int
retell(const struct pg_rows *r, int row)
{
	struct room_item *i = room_item_new(pg_string(r, row, ROOM), pg_integer(r, row, KEEP));
	struct str tail = pg_value(r, row, TAIL);
	int rc;

	i->n = pg_integer(r, row, NUMBER);
	buf_add(&i->tail, tail.p, tail.n);
	rc = room_script_run(i, pg_string(r, row, PUBLISHER));
	room_item_free(i);
	if (rc < 0 && rc != E_INTERNAL)
		return rc;
	return pg_query(pg_shared(), NULL, &drop_left, pg_text(pg_string(r, row, PUBLISHER)),
	    pg_int(pg_integer(r, row, NUMBER)));
}

int
room_outbox_retell(int64_t *n)
{
	struct pg_rows r;
	int row, rc;

	if (!redis_up())
		return 0;
	rc = pg_query(pg_shared(), &r, &read_left, pg_int(LEFT_MAX));
	for (row = 0; rc == 0 && row < r.n; row++, ++*n)
		rc = retell(&r, row);
	return rc;
}
