/* scoreboard.c -- the shared mapping of a host's processes. See scoreboard.h.
 *
 * The mapping is a header, the slots, then one metrics block a slot. The database budget has no counter of its own: it
 * is the sum of what the slots hold, so a process killed at any instruction leaves nothing that its slot does not tell.
 */
#include "scoreboard.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"

enum { BORROW_TRIES = 3, SUBJECTS = 4096 };

struct board {
	int32_t		 db_budget;
	int32_t		 wanted[PROC_KINDS];	/* processes of each kind */
	int32_t		 changing;		/* the master is replacing or stopping processes */
	uint32_t	 request;		/* of a worker to the master: what | kind << 8 | index << 16; 0: none */
	uint64_t	 waiting_routes[SCOREBOARD_ROUTES_MAX / 64];
	int32_t		 turns_max;		/* 0: no limit */
	int32_t		 turns[SCOREBOARD_TURNS_MAX];	/* the holder: slot + 1; 0: none */
	uint32_t	 turns_given;		/* counts up when a turn ends: the futex of waiting processes */
	int64_t		 broker_incarnation;	/* 0 while the address is being changed or there is none */
	int64_t		 broker_latest;		/* the last one given out */
	int32_t		 broker_slot;		/* the process that wrote it */
	char		 broker_address[BROKER_ADDRESS_BYTES];
	uint64_t	 broker_rung;		/* times the broker's bell rang */
	int64_t		 wrote_ms[SUBJECTS];
	struct slot	 slots[SCOREBOARD_SLOTS];
	uint64_t	 blocks[];
};

const char *const proc_kind_names[] = { "master", "http", "ws", "kafka", "cron", "analyzer", "broker", "external" };
_Static_assert(NELEM(proc_kind_names) == PROC_KINDS, "a kind without a name");
const char *const slot_state_names[SLOT_STATES] = { "free", "starting", "ready", "draining", "dead", "leaving" };

static struct board *board;
static int me;

void
scoreboard_create(int db_budget)
{
	size_t bytes = sizeof(*board) + SCOREBOARD_SLOTS * metric_block_words() * sizeof(uint64_t);

	board = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (board == MAP_FAILED)
		die("cannot map the scoreboard", JS("error", strerror(errno)));
	board->db_budget = db_budget;
	me = 0;
}

struct slot *
scoreboard_slot(int i)
{
	return &board->slots[i];
}

uint64_t *
scoreboard_metrics(int i)
{
	return board->blocks + (size_t)i * metric_block_words();
}

/* Its predecessor's slot, else a fresh one, else that of any dead process. */
static int
find_room(enum proc_kind kind, int index)
{
	int i, fresh = -1, dead = -1;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = &board->slots[i];

		if (s->state == SLOT_DEAD && s->kind == (int32_t)kind && s->index == index)
			return i;
		if (s->state == SLOT_FREE && fresh < 0 && (i > 0 || kind == PROC_MASTER))
			fresh = i;
		if (s->state == SLOT_DEAD && dead < 0)
			dead = i;
	}
	return fresh >= 0 ? fresh : dead;
}

int
scoreboard_take(enum proc_kind kind, int index, uint32_t generation)
{
	int i = find_room(kind, index);
	struct slot *s;

	if (i < 0)
		return -1;
	s = &board->slots[i];
	*s = (struct slot){
		.kind = (int32_t)kind, .index = index, .generation = generation, .state = SLOT_STARTING,
		.started_ms = now_ms(), .heartbeat_ms = mono_ms(),
	};
	return i;
}

static void
end_turns(int slot)
{
	int i;

	for (i = 0; i < SCOREBOARD_TURNS_MAX; i++)
		if (__atomic_load_n(&board->turns[i], __ATOMIC_ACQUIRE) == slot + 1)
			scoreboard_turn_give(i);
}

void
scoreboard_reap(int i)
{
	struct slot *s = &board->slots[i];

	end_turns(i);
	__atomic_store_n(&s->db_held, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->listening, 0, __ATOMIC_SEQ_CST);
	s->db_busy = s->links_up = 0;
	if (s->kind == PROC_BROKER && board->broker_slot == i)
		__atomic_store_n(&board->broker_incarnation, 0, __ATOMIC_SEQ_CST);
	metric_clear_gauges(scoreboard_metrics(i));
	__atomic_store_n(&s->state, SLOT_DEAD, __ATOMIC_RELEASE);
}

static int32_t
state_of(int i)
{
	return __atomic_load_n(&board->slots[i].state, __ATOMIC_ACQUIRE);
}

bool
scoreboard_stopping(void)
{
	return state_of(0) == SLOT_DRAINING;
}

bool
scoreboard_lives(enum proc_kind kind)
{
	int32_t state;
	int i;

	for (i = 1; i < SCOREBOARD_SLOTS; i++) {
		state = state_of(i);
		if (board->slots[i].kind == (int32_t)kind && state >= SLOT_STARTING && state <= SLOT_DRAINING)
			return true;
	}
	return false;
}

bool
scoreboard_ready(enum proc_kind kind)
{
	int i;

	for (i = 1; i < SCOREBOARD_SLOTS; i++)
		if (board->slots[i].kind == (int32_t)kind && state_of(i) == SLOT_READY)
			return true;
	return false;
}

void
scoreboard_set_waiting_route(int id)
{
	if (id >= 0 && id < SCOREBOARD_ROUTES_MAX)
		__atomic_or_fetch(&board->waiting_routes[id / 64], 1ULL << id % 64, __ATOMIC_RELAXED);
}

bool
scoreboard_waiting_route(int id)
{
	return id >= 0 && id < SCOREBOARD_ROUTES_MAX &&
	    __atomic_load_n(&board->waiting_routes[id / 64], __ATOMIC_RELAXED) >> id % 64 & 1;
}

bool
scoreboard_request(enum master_request what, enum proc_kind kind, int index)
{
	uint32_t none = 0, wanted = (uint32_t)what | (uint32_t)kind << 8 | (uint32_t)index << 16;

	return !__atomic_load_n(&board->changing, __ATOMIC_ACQUIRE) &&
	    __atomic_compare_exchange_n(&board->request, &none, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

enum master_request
scoreboard_requested(enum proc_kind *kind, int *index)
{
	uint32_t wanted = __atomic_load_n(&board->request, __ATOMIC_ACQUIRE);

	*kind = (enum proc_kind)(wanted >> 8 & 0xff);
	*index = (int)(wanted >> 16);
	return (enum master_request)(wanted & 0xff);
}

void
scoreboard_request_done(void)
{
	__atomic_store_n(&board->request, 0, __ATOMIC_RELEASE);
}

void
scoreboard_set_changing(bool changing)
{
	__atomic_store_n(&board->changing, changing, __ATOMIC_RELEASE);
}

void
scoreboard_want(enum proc_kind kind, int n)
{
	__atomic_store_n(&board->wanted[kind], n, __ATOMIC_RELAXED);
}

int
scoreboard_peers(void)
{
	int n = board != NULL ? __atomic_load_n(&board->wanted[board->slots[me].kind], __ATOMIC_RELAXED) : 1;

	return n > 1 ? n : 1;
}

size_t
scoreboard_blocks(uint64_t **blocks)
{
	size_t n = 0;
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (board->slots[i].state != SLOT_FREE)
			blocks[n++] = scoreboard_metrics(i);
	return n;
}

void
scoreboard_self(int i)
{
	me = i;
	board->slots[i].pid = getpid();
}

struct slot *
scoreboard_me(void)
{
	return &board->slots[me];
}

int
scoreboard_db_used(void)
{
	int i, sum = 0;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		sum += __atomic_load_n(&board->slots[i].db_held, __ATOMIC_SEQ_CST);
	return sum;
}

/* Claim first, then count: of several concurrent claims the last sees all, so the budget is never exceeded. Two that
 * claim the last connection may both fail, hence a few retries. */
bool
scoreboard_db_borrow(void)
{
	struct slot *s = scoreboard_me();
	int i;

	for (i = 0; i < BORROW_TRIES; i++) {
		if (scoreboard_db_used() >= board->db_budget)
			return false;
		__atomic_add_fetch(&s->db_held, 1, __ATOMIC_SEQ_CST);
		if (scoreboard_db_used() <= board->db_budget)
			return true;
		__atomic_sub_fetch(&s->db_held, 1, __ATOMIC_SEQ_CST);
	}
	return false;
}

void
scoreboard_db_return(void)
{
	if (__atomic_sub_fetch(&scoreboard_me()->db_held, 1, __ATOMIC_SEQ_CST) < 0)
		bug("returned a database connection that was not borrowed");
}

int
scoreboard_db_budget(void)
{
	return board->db_budget;
}

void
scoreboard_set_turns(int n)
{
	board->turns_max = n < SCOREBOARD_TURNS_MAX ? n : SCOREBOARD_TURNS_MAX;
}

static int
try_turn(void)
{
	int32_t nobody;
	int i;

	for (i = 0; i < board->turns_max; i++) {
		nobody = 0;
		if (__atomic_compare_exchange_n(&board->turns[i], &nobody, me + 1, false, __ATOMIC_ACQ_REL,
		    __ATOMIC_RELAXED))
			return i;
	}
	return -1;
}

int
scoreboard_turn_take(int wait_ms)
{
	const struct timespec wait = { wait_ms / 1000, (long)(wait_ms % 1000) * 1000000 };
	uint32_t given = __atomic_load_n(&board->turns_given, __ATOMIC_ACQUIRE);
	int turn;

	if (board->turns_max == 0)
		return SCOREBOARD_TURNS_MAX;		/* no process counts */
	if ((turn = try_turn()) >= 0)
		return turn;
	syscall(SYS_futex, &board->turns_given, FUTEX_WAIT, given, &wait, NULL, 0);
	return try_turn();
}

void
scoreboard_turn_give(int turn)
{
	if (turn == SCOREBOARD_TURNS_MAX)
		return;
	__atomic_store_n(&board->turns[turn], 0, __ATOMIC_RELEASE);
	__atomic_add_fetch(&board->turns_given, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &board->turns_given, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void
scoreboard_set_broker(const char *address)
{
	int64_t next = now_ms() > board->broker_latest ? now_ms() : board->broker_latest + 1;

	__atomic_store_n(&board->broker_incarnation, 0, __ATOMIC_SEQ_CST);
	memset(board->broker_address, 0, sizeof(board->broker_address));
	strncpy(board->broker_address, address, sizeof(board->broker_address) - 1);
	board->broker_latest = next;
	board->broker_slot = me;
	__atomic_store_n(&board->broker_incarnation, *address != '\0' ? next : 0, __ATOMIC_SEQ_CST);
}

void
scoreboard_broker(char address[BROKER_ADDRESS_BYTES], int64_t *incarnation)
{
	int64_t before = __atomic_load_n(&board->broker_incarnation, __ATOMIC_SEQ_CST);

	memcpy(address, board->broker_address, BROKER_ADDRESS_BYTES);
	*incarnation = __atomic_load_n(&board->broker_incarnation, __ATOMIC_SEQ_CST);
	if (*incarnation != before || before == 0) {	/* changing right now is as good as not there yet */
		*incarnation = 0;
		address[0] = '\0';
	}
}

void
scoreboard_ring(void)
{
	int32_t pid;
	int i;

	__atomic_add_fetch(&board->broker_rung, 1, __ATOMIC_SEQ_CST);
	for (i = 1; i < SCOREBOARD_SLOTS; i++)
		if ((pid = __atomic_load_n(&board->slots[i].listening, __ATOMIC_SEQ_CST)) != 0)
			kill(pid, BELL_SIGNAL);
}

uint64_t
scoreboard_rung(void)
{
	return board == NULL ? 0 : __atomic_load_n(&board->broker_rung, __ATOMIC_SEQ_CST);
}

void
scoreboard_listen(bool on)
{
	__atomic_store_n(&board->slots[me].listening, on ? getpid() : 0, __ATOMIC_SEQ_CST);
}

void
scoreboard_wrote(uint64_t subject_hash)
{
	__atomic_store_n(&board->wrote_ms[subject_hash % SUBJECTS], mono_ms(), __ATOMIC_RELEASE);
}

int64_t
scoreboard_wrote_ms(uint64_t subject_hash)
{
	return __atomic_load_n(&board->wrote_ms[subject_hash % SUBJECTS], __ATOMIC_ACQUIRE);
}
