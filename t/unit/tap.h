/* tap.h -- the Test Anything Protocol for the unit tests in C: one program a module, run by prove.
 *
 * A test is a main() of calls to ok, is_int and is_str that ends with `return done_testing();`. Each call prints one
 * line, evaluates its arguments once, returns whether it passed and takes the test's name as printf does.
 * Output is flushed line by line, so that a test may fork (a child must leave by _exit) or crash.
 */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ok(cond, ...)		tap_ok(__FILE__, __LINE__, (cond) ? true : false, __VA_ARGS__)
#define is_int(got, want, ...)	tap_is_int(__FILE__, __LINE__, (got), (want), __VA_ARGS__)
#define is_str(got, want, ...)	tap_is_str(__FILE__, __LINE__, (got), (want), __VA_ARGS__)
#define is_mem(got, want, n, ...)	ok(memcmp((got), (want), (n)) == 0, __VA_ARGS__)
#define TAP_PRINTF(fmt, args)	__attribute__((format(printf, fmt, args), unused))

static int tap_run, tap_failed;

/* A remark for the reader, on standard error, which prove passes on. */
static inline TAP_PRINTF(1, 2) void
diag(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static inline bool
tap_vok(const char *file, int line, bool pass, const char *fmt, va_list ap)
{
	printf("%sok %d - ", pass ? "" : "not ", ++tap_run);
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
	if (!pass) {
		tap_failed++;
		diag("failed: test %d at %s:%d", tap_run, file, line);
	}
	return pass;
}

static inline TAP_PRINTF(4, 5) bool
tap_ok(const char *file, int line, bool pass, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_vok(file, line, pass, fmt, ap);
	va_end(ap);
	return pass;
}

static inline TAP_PRINTF(5, 6) bool
tap_is_int(const char *file, int line, int64_t got, int64_t want, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_vok(file, line, got == want, fmt, ap);
	va_end(ap);
	if (got != want)
		diag("  got %" PRId64 ", want %" PRId64, got, want);
	return got == want;
}

static inline TAP_PRINTF(5, 6) bool
tap_is_str(const char *file, int line, const char *got, const char *want, const char *fmt, ...)
{
	bool pass = got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);
	va_list ap;

	va_start(ap, fmt);
	tap_vok(file, line, pass, fmt, ap);
	va_end(ap);
	if (!pass) {
		diag("  got  %s", got == NULL ? "NULL" : got);
		diag("  want %s", want == NULL ? "NULL" : want);
	}
	return pass;
}

/* End of the test: prints the plan, returns the exit status for main. */
static inline int
done_testing(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed != 0;
}

/* A service this test needs is missing: say which, and leave as skipped. Only before the first ok. */
static inline __attribute__((noreturn, unused)) void
skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

#endif
