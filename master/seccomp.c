/* seccomp.c -- compiles the table of system calls into a classic BPF program. See seccomp.h.
 *
 * The numbers are cut into ranges of one tier, and the program finds the range of a call by binary search: eight
 * comparisons where a list would need some two hundred. (Since Linux 5.11 the kernel remembers which calls pass
 * whatever their arguments are, and runs the program only for the others.) Behind the search lie the checks of
 * arguments, one block a call.
 */
#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "syscalls.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64		/* the calls of x32 have numbers above the table: ENOSYS */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
enum { RANGES_MAX = 2 * SYSCALL_RULES_MAX + 1, PROGRAM_MAX = 1024 };
#define FAIL(error)	(SECCOMP_RET_ERRNO | ((error) & SECCOMP_RET_DATA))

struct range {
	uint32_t	from;	/* up to where the next one begins */
	enum syscall_tier tier;
};
struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short	n;
};

static void
emit_instruction(struct program *p, struct sock_filter instruction)
{
	if (p->n == PROGRAM_MAX)
		bug("the filter of system calls is too long");
	p->code[p->n++] = instruction;
}

static void
emit_load(struct program *p, size_t offset)
{
	emit_instruction(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void
emit_return(struct program *p, uint32_t verdict)
{
	emit_instruction(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static int
by_call(const void *a, const void *b)
{
	const struct syscall_rule *x = a, *y = b;

	return x->call < y->call ? -1 : x->call > y->call;
}

/* A range of its own for each checked call, since its jump says which one it is. */
static size_t
add_range(struct range *r, size_t n, uint32_t from, enum syscall_tier tier)
{
	if (n > 0 && r[n - 1].tier == tier && tier != SYSCALL_CHECKED)
		return n;
	r[n] = (struct range){ from, tier };
	return n + 1;
}

static size_t
cut_into_ranges(struct range *out)
{
	struct syscall_rule sorted[SYSCALL_RULES_MAX];
	uint32_t next = 0;
	size_t i, n = 0;

	memcpy(sorted, syscall_rules, syscall_n_rules * sizeof(*sorted));
	qsort(sorted, syscall_n_rules, sizeof(*sorted), by_call);
	for (i = 0; i < syscall_n_rules; next = sorted[i++].call + 1) {
		if (sorted[i].call < next)
			bug("a system call is twice in the table");
		if (sorted[i].call > next)
			n = add_range(out, n, next, SYSCALL_UNKNOWN);
		n = add_range(out, n, sorted[i].call, sorted[i].tier);
	}
	return add_range(out, n, next, SYSCALL_UNKNOWN);
}

/* The jump to a check carries the number of the call until its block has a place. */
static void
emit_verdict(struct program *p, const struct range *r)
{
	static const uint32_t verdict[] = {
		[SYSCALL_UNKNOWN] = FAIL(ENOSYS), [SYSCALL_ALLOWED] = SECCOMP_RET_ALLOW, [SYSCALL_DENIED] = FAIL(EPERM),
	};

	if (r->tier == SYSCALL_CHECKED)
		emit_instruction(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, r->from));
	else
		emit_return(p, verdict[r->tier]);
}

static void
emit_search(struct program *p, const struct range *r, size_t n)
{
	size_t lower = n / 2;
	unsigned short at = p->n;

	if (n == 1) {
		emit_verdict(p, r);
		return;
	}
	emit_instruction(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, r[lower].from, 0, 0));
	emit_search(p, r, lower);
	if (p->n - at - 1 > UINT8_MAX)
		bug("the filter of system calls is too long for its jumps");
	p->code[at].jt = (uint8_t)(p->n - at - 1);
	emit_search(p, r + lower, n - lower);
}

static void
emit_check(struct program *p, uint32_t call)
{
	const struct syscall_check *c = syscall_checks, *end = c + syscall_n_checks;
	int error = EPERM;

	for (; c < end; c++) {
		if (c->call != call)
			continue;
		/* Little-endian: the low half of it */
		emit_load(p, offsetof(struct seccomp_data, args) + c->arg * sizeof(uint64_t));
		emit_instruction(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c->mask));
		emit_instruction(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    c->value == SYSCALL_MY_PID ? (uint32_t)getpid() : c->value, 0, 1));
		emit_return(p, SECCOMP_RET_ALLOW);
		error = c->error;
	}
	emit_return(p, FAIL(error));
}

static void
emit_checks(struct program *p)
{
	unsigned short at, n = p->n;
	uint32_t call;

	for (at = 0; at < n; at++) {
		if (p->code[at].code != (BPF_JMP | BPF_JA))
			continue;
		call = p->code[at].k;
		p->code[at].k = (uint32_t)(p->n - at - 1);
		emit_check(p, call);
	}
}

static void
compile_filter(struct program *p)
{
	struct range ranges[RANGES_MAX];

	emit_load(p, offsetof(struct seccomp_data, arch));
	emit_instruction(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	emit_return(p, SECCOMP_RET_KILL_PROCESS);
	emit_load(p, offsetof(struct seccomp_data, nr));
	emit_search(p, ranges, cut_into_ranges(ranges));
	emit_checks(p);
}

int
seccomp_confine(void)
{
	struct program p = { .n = 0 };
	struct sock_fprog filter = { .filter = p.code };

	compile_filter(&p);
	filter.len = p.n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}
#else
int
seccomp_confine(void)
{
	errno = ENOSYS;
	return -1;
}
#endif
