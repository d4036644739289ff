/* handover.h -- what a process says to its successor when it hands its work on: the wire form, and one end of the
 * connection.
 *
 * A stream of records over a Unix socket, integers big-endian:
 * 	u32 bytes that follow | u8 type | u8 descriptors | fields: u16 tag | u32 bytes | value
 * A value is an integer (8 bytes), bytes, or fields again. A reader passes over tags that it does not know, and takes
 * an absent one for 0 or nothing, so new fields need no new version; HANDOVER_VERSION changes when what was there
 * changes its meaning. The descriptors of a record are the next so many of those that came over the socket. The two
 * ends may be builds of different age: the first record of the successor says which versions it reads, and the other
 * refuses in plain words what it cannot write. Yields: nothing. See: worker/ws/handover/handover_send.c,
 * worker/ws/handover/handover_receive.c, t/unit/handover.c, t/fuzz/handover.c.
 */
#ifndef PROC_HANDOVER_H
#define PROC_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
	HANDOVER_VERSION	= 1,			/* what this build writes, and the newest it reads */
	HANDOVER_OLDEST		= 1,			/* the oldest it reads */
	HANDOVER_RECORD_MAX	= 72 * 1024 * 1024,	/* larger is no record */
	HANDOVER_FDS_MAX	= 4,			/* of one record */
};

struct handover_record {
	uint8_t		 type;
	int		 n_fds;
	struct str	 fields;
};

/* Write: a record from begin to end, fields between; a group is a field of fields. */
size_t	 handover_begin(struct buf *out, uint8_t type);
void	 handover_end(struct buf *out, size_t record, int n_fds);
void	 handover_int(struct buf *out, uint16_t tag, int64_t v);
void	 handover_bytes(struct buf *out, uint16_t tag, const void *p, size_t n);
/* A string, without its NUL; nothing when NULL. */
void	 handover_text(struct buf *out, uint16_t tag, const char *s);
size_t	 handover_open(struct buf *out, uint16_t tag);
void	 handover_close(struct buf *out, size_t group);

/* The first whole record of `n` bytes: its length with *r pointing into `p`, 0 when more bytes are needed, -1 when it
 * is none. */
int64_t	 handover_record(const char *p, size_t n, struct handover_record *r);
/* Take the first field off; false at the end and for a malformed field. */
bool	 handover_field(struct str *fields, uint16_t *tag, struct str *value);
/* The first field of this tag: p NULL when there is none. An integer, 0 when there is none or it is no integer. */
struct str handover_find(struct str fields, uint16_t tag);
int64_t	 handover_find_int(struct str fields, uint16_t tag);
/* Whether a value is fields from end to end. */
bool	 handover_well_formed(struct str fields);

/* One end of a connection: a non-blocking Unix stream socket and what was read of it. Zero it, then set `sock`. */
struct handover {
	int		 sock;
	struct buf	 in;
	int		*fds;			/* received and not yet taken */
	size_t		 n_fds, cap_fds;
};
/* Closes the socket and every descriptor not taken. */
void	 handover_fini(struct handover *h);
/* Write all of it before `until_ms` (monotonic), waiting in poll, not in the loop; `on_wait` (may be NULL) is called
 * now and then. The descriptors go with the first bytes and stay ours. 0, or -1 with errno. */
int	 handover_send(struct handover *h, struct str bytes, const int *fds, int n_fds, int64_t until_ms,
    void (*on_wait)(void));
/* Read without waiting. 1, 0 when there was nothing, -1 at the end or for a broken peer. */
int	 handover_read(struct handover *h);
/* The first whole record among what was read, 1; 0 when there is none; -1 for a broken peer. Valid until handover_drop
 * or _read; its descriptors are the first of h->fds. */
int	 handover_next(struct handover *h, struct handover_record *r);
/* Forget the first record; its descriptors are the caller's. */
void	 handover_drop(struct handover *h, const struct handover_record *r);

#endif
