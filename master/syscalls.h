/* syscalls.h -- the system calls of a child: what it needs, with which arguments, and what is denied by name. */
#ifndef MASTER_SYSCALLS_H
#define MASTER_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

/* A build under AddressSanitizer: its leak checker looks into the process from a copy of it. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SYSCALLS_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SYSCALLS_SANITIZED
#endif

enum syscall_tier {
	SYSCALL_UNKNOWN,	/* not in the table: ENOSYS, as of an old kernel, so that libraries fall back */
	SYSCALL_ALLOWED,
	SYSCALL_CHECKED,	/* allowed with the arguments of a row in syscall_checks[] */
	SYSCALL_DENIED		/* EPERM */
};
struct syscall_rule {
	uint32_t	call;		/* SYS_x */
	enum syscall_tier tier;
};
#define SYSCALL_MY_PID	0xfffffffeu	/* as the value of a check: the process that confines itself */

/* Allows `call` when argument `arg` (from 0; its low 32 bits) is `value` in the bits of `mask`. When no row of the call
 * applies, it fails with the `error` of its last one. */
struct syscall_check {
	uint32_t	call;
	uint8_t		arg;
	uint32_t	mask, value;
	int		error;
};

/* In order of purpose, not of number; syscall_rules[] names no call twice. */
extern const struct syscall_rule syscall_rules[];
extern const size_t syscall_n_rules;
extern const struct syscall_check syscall_checks[];
extern const size_t syscall_n_checks;

enum { SYSCALL_RULES_MAX = 256 };

#endif
