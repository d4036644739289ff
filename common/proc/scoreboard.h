/* scoreboard.h -- the shared state of a host's processes: one anonymous mapping, made by the master before it forks.
 *
 * Each process has a slot (identity, state, metrics block) that it alone writes. Host-wide tables: the database
 * connection budget and its holders, the turns at CPU-bound work, the embedded broker's address. There are no locks:
 * words are atomic, and the master returns what a killed process held (scoreboard_reap).
 */
#ifndef PROC_SCOREBOARD_H
#define PROC_SCOREBOARD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SCOREBOARD_SLOTS = 128, SLOT_TITLE_BYTES = 24, BROKER_ADDRESS_BYTES = 64 };

enum slot_state { SLOT_FREE, SLOT_STARTING, SLOT_READY, SLOT_DRAINING, SLOT_DEAD, SLOT_HANDED_OVER, SLOT_STATES };
extern const char *const slot_state_names[SLOT_STATES];

struct slot {
	int32_t		 pid;
	int32_t		 kind;			/* enum proc_kind */
	int32_t		 index;			/* 1.. within its kind */
	uint32_t	 generation;		/* of the configuration it was started with */
	int32_t		 state;			/* enum slot_state */
	uint32_t	 restarts;		/* times the master replaced it after a death */
	int64_t		 started_ms, heartbeat_ms;	/* wall clock; monotonic */
	int64_t		 ready_ms;		/* when it became READY (monotonic); 0: not yet */
	int32_t		 links_up;		/* bits: 1 postgres, 2 redis, 4 kafka */
	int32_t		 db_held;		/* connections borrowed from the budget */
	int32_t		 db_busy;
	int32_t		 db_wanted;		/* 0; 1: would use one more connection; 2: has none and needs one */
	int32_t		 cpu_permille;		/* of one core, over the last second */
	int64_t		 quarantined_ms;	/* dead, and not started again: since when (wall clock); 0: it is */
	int32_t		 quarantine_reported;	/* notifications were sent */
	/* its process id while it sleeps until the embedded broker rings; 0: it does not */
	int32_t		 listening;
	char		 title[SLOT_TITLE_BYTES];	/* "http 1" */
};

enum { LINK_PG = 1, LINK_REDIS = 2, LINK_KAFKA = 4 };

/* Kinds of process; the rows (entry points, counts) are procs[] in master/. */
enum proc_kind { PROC_MASTER, PROC_HTTP, PROC_WS, PROC_KAFKA, PROC_CRON, PROC_ANALYZER, PROC_BROKER, PROC_EXTERNAL,
	PROC_KINDS };
extern const char *const proc_kind_names[];

/* Map it (master, once). */
void		 scoreboard_create(int db_budget);
/* The slots; slot 0 is the master's. */
struct slot	*scoreboard_slot(int i);
/* The metrics block of a slot. */
uint64_t	*scoreboard_metrics(int i);
/* Take a slot for a child about to be forked, its predecessor's where there is one. -1 when all are taken. */
int		 scoreboard_take(enum proc_kind kind, int index, uint32_t generation);
/* The child in this slot has ended: return what it held. */
void		 scoreboard_reap(int i);
/* All metrics blocks that were ever used; fills `blocks` (SCOREBOARD_SLOTS), returns how many. */
size_t		 scoreboard_blocks(uint64_t **blocks);

/* Whether the master stops everything; and whether a process of this kind has not ended yet. */
bool		 scoreboard_stopping(void);
bool		 scoreboard_lives(enum proc_kind kind);
/* Whether any process of this kind is ready. */
bool		 scoreboard_ready(enum proc_kind kind);
/* The HTTP routes whose requests wait for events, which no mean of times is to count: a bit a route, by its id. Set by
 * the HTTP workers, alike. */
enum { SCOREBOARD_ROUTES_MAX = 512 };
void		 scoreboard_set_waiting_route(int id);
bool		 scoreboard_waiting_route(int id);

/* What a worker may ask of the master for an operator: to reload, or to replace the process `index` of a kind;
 * or of a schedule: a backup, of all (index 0) or of BACKUP_TABLES (1). */
enum master_request { REQUEST_NONE, REQUEST_RELOAD, REQUEST_DRAIN, REQUEST_BACKUP };
/* Ask; the master looks within a second. False: another request waits, or the master is changing processes. */
bool		 scoreboard_request(enum master_request what, enum proc_kind kind, int index);
/* What is asked for, REQUEST_NONE when nothing is; and that it has been seen to (master). */
enum master_request scoreboard_requested(enum proc_kind *kind, int *index);
void		 scoreboard_request_done(void);
/* Set whether processes are being replaced or stopped (master). */
void		 scoreboard_set_changing(bool changing);

/* Set how many processes of a kind are wanted (master); and the number for this process's kind, at least 1. */
void		 scoreboard_want(enum proc_kind kind, int n);
int		 scoreboard_peers(void);

/* This process's slot (child, after fork). */
void		 scoreboard_self(int i);
struct slot	*scoreboard_me(void);

/* Borrow one database connection from the host's budget for this process: false when it is used up. */
bool		 scoreboard_db_borrow(void);
void		 scoreboard_db_return(void);
int		 scoreboard_db_budget(void);
int		 scoreboard_db_used(void);

/* Turns at work that burns CPU, for the threads of all processes: at most `n` at a time (master, once; 0: no limit). */
enum { SCOREBOARD_TURNS_MAX = 64 };
void		 scoreboard_set_turns(int n);
/* Take a turn on the calling thread, blocking for `wait_ms` at most: its number, or -1. It ends with
 * scoreboard_turn_give, or with the process (scoreboard_reap). */
int		 scoreboard_turn_take(int wait_ms);
void		 scoreboard_turn_give(int turn);

/* When this host last wrote something about a subject, monotonic ms; 0: long ago. Subjects may share a word, so the
 * time may be later than the true one, never earlier. */
void		 scoreboard_wrote(uint64_t subject_hash);
int64_t		 scoreboard_wrote_ms(uint64_t subject_hash);

/* The embedded broker's bootstrap address and its incarnation; "" and 0 while it is not there. */
void		 scoreboard_set_broker(const char *address);
void		 scoreboard_broker(char address[BROKER_ADDRESS_BYTES], int64_t *incarnation);
/* Ring the broker's bell before something is added to its topics: counts, and sends BELL_SIGNAL (ignored by default)
 * to the processes that listen. From any thread of the broker. */
enum { BELL_SIGNAL = SIGURG };
void		 scoreboard_ring(void);
/* How often the bell has rung; 0: never, so it may not be in use. */
uint64_t	 scoreboard_rung(void);
/* Whether this process listens. A ring that scoreboard_rung had not counted before it listened is signalled at once.
 */
void		 scoreboard_listen(bool on);

#endif
