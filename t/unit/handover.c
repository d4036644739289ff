/* handover.c -- records of a hand-over: what is written is read, what is cut or crooked is not, and descriptors come
 * with theirs. */
#include "tap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/handover.h"

static void
codec(void)
{
	struct handover_record r;
	struct buf b = { 0 };
	struct str group;
	size_t record = handover_begin(&b, 'E'), open, i;
	bool early = false;

	handover_int(&b, 7, -5);
	handover_text(&b, 8, "two words");
	handover_text(&b, 9, NULL);
	open = handover_open(&b, 10);
	handover_int(&b, 1, INT64_MAX);
	handover_bytes(&b, 2, "", 0);
	handover_close(&b, open);
	handover_end(&b, record, 2);
	for (i = 0; i < b.n; i++)
		early = early || handover_record(b.p, i, &r) != 0;
	ok(!early, "no prefix of a record is a record, and none is refused");
	is_int(handover_record(b.p, b.n, &r), (int64_t)b.n, "a whole record is decoded");
	is_int(r.type, 'E', "a record has its type");
	is_int(r.n_fds, 2, "a record has its descriptors");
	is_int(handover_find_int(r.fields, 7), -5, "a record has its integer field");
	ok(str_eq(handover_find(r.fields, 8), STR("two words")), "a record has its text field");
	ok(handover_find(r.fields, 9).p == NULL, "a text of NULL is not encoded");
	is_int(handover_find_int(r.fields, 8), 0, "a text is not read as an integer");
	is_int(handover_find_int(r.fields, 999), 0, "an unknown tag reads as 0");
	group = handover_find(r.fields, 10);
	ok(handover_well_formed(group), "a group of fields is found");
	is_int(handover_find_int(group, 1), INT64_MAX, "an integer inside a group is found");
	ok(handover_find(group, 2).p != NULL && handover_find(group, 2).n == 0,
	    "empty bytes inside a group are found");
	b.p[5] = HANDOVER_FDS_MAX + 1;
	is_int(handover_record(b.p, b.n, &r), -1, "more descriptors than a record may have are refused");
	b.p[5] = 0;
	b.p[9] = 77;
	is_int(handover_record(b.p, b.n, &r), -1, "a field longer than its record is refused");
	is_int(handover_record("\x7f\0\0\0", 4, &r), -1, "a length over the bound is refused at once");
	is_int(handover_record("\0\0\0\1", 4, &r), -1, "a length under the head is refused at once");
	buf_fini(&b);
}

static void
connection(void)
{
	enum { RECORDS = 200 };
	struct handover a = { 0 }, z = { 0 };
	struct handover_record r;
	int pair[2], i, n = 0, rc, fds[2], pipes[2], wrong = 0;
	struct buf b = { 0 };
	static char filler[500];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0 || pipe(pipes) < 0)
		exit(1);
	a.sock = pair[0];
	z.sock = pair[1];
	for (i = 0; i < RECORDS; i++) {
		size_t record = handover_begin(&b, 'X');

		handover_int(&b, 1, i);
		handover_bytes(&b, 2, filler, sizeof(filler));
		handover_end(&b, record, i % 3);
		fds[0] = pipes[0];
		fds[1] = pipes[1];
		wrong += handover_send(&a, (struct str){ b.p, b.n }, fds, i % 3, mono_ms() + 5000, NULL) < 0;
		buf_reset(&b);
		while ((rc = handover_next(&z, &r)) > 0 || (rc == 0 && handover_read(&z) > 0)) {
			if (rc == 0)
				continue;
			wrong += handover_find_int(r.fields, 1) != n || r.n_fds != n % 3 || z.n_fds < (size_t)r.n_fds;
			n++;
			for (rc = 0; rc < r.n_fds; rc++)
				wrong += fcntl(z.fds[rc], F_GETFD) != FD_CLOEXEC || close(z.fds[rc]) < 0;
			handover_drop(&z, &r);
		}
	}
	is_int(n, RECORDS, "all records arrived");
	is_int(wrong, 0, "records arrive in order, with their descriptors, which close on exec");
	handover_fini(&a);
	is_int(handover_read(&z), -1, "the end of the stream is reported");
	a.sock = z.sock;
	i = handover_send(&a, (struct str){ filler, sizeof(filler) }, NULL, 0, mono_ms() + 100, NULL);
	is_int(i, -1, "sending to a closed peer fails");
	handover_fini(&z);
	buf_fini(&b);
}

int
main(void)
{
	codec();
	connection();
	return done_testing();
}
