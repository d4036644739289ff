/* cmd_user.c -- `dure user`: accounts from the command line, for the first admin and for emergencies.
 *
 * A password is read from standard input, one line (a terminal prompts without echo), never from the arguments, which
 * every user of the machine can see. Commands that end sessions notify the running servers through Redis.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/grid.h"
#include "base/json.h"
#include "base/signup.h"
#include "cmd.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/identity/account_admin.h"
#include "worker/domain/identity/session.h"

enum { PAGE = 500, LINE_BYTES = PASSWORD_MAX * 4 + 2 };

static struct {
	const char	*email, *role, *tier, *value;
	char		 password[LINE_BYTES];
	int		(*obey)(struct arena *mem);
} run;

/* --- Arguments and passwords --- */

static int
print_fault(const char *why)
{
	fprintf(stderr, "dure: %s\n", why);
	return -1;
}

static bool
is_one_of(const char *choices, const char *s)
{
	size_t n = strlen(s);
	const char *p;

	for (p = strstr(choices, s); p != NULL; p = strstr(p + 1, s))
		if (n > 0 && (p == choices || p[-1] == '|') && (p[n] == '|' || p[n] == '\0'))
			return true;
	return false;
}

static int
read_password(void)
{
	bool terminal = isatty(STDIN_FILENO);
	struct termios old, quiet;
	char *got;

	if (terminal && tcgetattr(STDIN_FILENO, &old) == 0) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		fprintf(stderr, "Password: ");
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	got = fgets(run.password, sizeof(run.password), stdin);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	if (got == NULL)
		return print_fault("give the password on standard input, as one line");
	run.password[strcspn(run.password, "\r\n")] = '\0';
	if (utf8_len(run.password, strlen(run.password)) < PASSWORD_MIN ||
	    !utf8_valid(run.password, strlen(run.password)) ||
	    utf8_len(run.password, strlen(run.password)) > PASSWORD_MAX || !password_varied(run.password))
		return print_fault("a password has 8 to 128 characters,"
		    " with upper and lower case, a digit and a punctuation mark");
	return 0;
}

/* --- Actions --- */

static int
create_account(struct arena *mem)
{
	struct account a;
	int rc = account_create(mem, run.email, run.password, run.role, run.tier, &a);

	if (rc == 0) {
		AUDIT("registered", a.id, NULL, JS("role", a.role), JS("by", "command line"));
		printf("%s\n", a.id);
	}
	return rc;
}

static int
change_password(struct arena *mem)
{
	struct account a;
	int64_t n;
	int rc;

	if ((rc = account_find_email(mem, run.email, &a)) < 0 ||
	    (rc = account_set_password(mem, a.id, run.password)) < 0 || (rc = session_end_all(mem, a.id, NULL, &n)) < 0)
		return rc;
	AUDIT("password_changed", a.id, NULL, JS("by", "command line"));
	return account_change(mem, a.id, NULL, NULL, -1);
}

static int
order_change(struct arena *mem, int locked)
{
	const struct account_order o = { run.role, run.tier, locked, "command line", NULL };
	struct account a;
	int rc = account_find_email(mem, run.email, &a);

	return rc < 0 ? rc : account_order(mem, &a, &o);
}

static int
change_role(struct arena *mem)
{
	return order_change(mem, -1);
}

static int
lock_account(struct arena *mem)
{
	return order_change(mem, true);
}

static int
unlock_account(struct arena *mem)
{
	return order_change(mem, false);
}

static void
add_row(struct grid *t, const struct json *u)
{
	const char *last = json_str(json_get(u, "lastLoginAt")), *email = json_str(json_get(u, "email"));

	grid_add(t, email != NULL ? email : "-", json_str(json_get(u, "role")), json_str(json_get(u, "tier")),
	    json_bool(json_get(u, "isActive"), false) ? "active" : "locked", json_str(json_get(u, "createdAt")),
	    last != NULL ? last : "-", json_str(json_get(u, "id")), NULL);
}

static int
list_accounts(struct arena *mem)
{
	const char *next = "";
	struct buf out = { 0 };
	const struct json *page, *u;
	struct str text;
	struct grid t;
	int rc;

	grid_init(&t, mem);
	grid_add(&t, "EMAIL", "ROLE", "TIER", "STATE", "CREATED", "LAST LOGIN", "ID", NULL);
	while (next != NULL) {
		if ((rc = account_list(next, PAGE, &text, &next)) < 0)
			return rc;
		if (json_parse(mem, text.p, text.n, &page) < 0)
			return E_INTERNAL;
		for (u = json_first(page); u != NULL; u = json_next(u))
			add_row(&t, u);
	}
	grid_text(&t, &out);
	cmd_print(&out);
	return 0;
}

/* --- The process --- */

static int
run_order(struct arena *mem)
{
	int rc = run.obey(mem);

	(void)audit_flush();
	if (rc < 0)
		fprintf(stderr, "dure: %s\n", rc == E_NOT_FOUND
		    ? "there is no account with this address" : cmd_why(rc));
	return rc == 0 ? 0 : 1;
}

static const struct action {
	const char	*name, *usage;
	int		(*obey)(struct arena *mem);
	bool		 email, value, password;
} actions[] = {
	{ "user create", "EMAIL [--role ROLE] [--tier TIER] <PASSWORD", create_account, true, false, true },
	{ "user passwd", "EMAIL <PASSWORD", change_password, true, false, true },
	{ "user role", "EMAIL user|seller|admin", change_role, true, true, false },
	{ "user tier", "EMAIL free|premium|pro|admin", change_role, true, true, false },
	{ "user lock", "EMAIL", lock_account, true, false, false },
	{ "user unlock", "EMAIL", unlock_account, true, false, false },
	{ "user list", "", list_accounts, false, false, false },
};

static const struct action *
find_action(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(actions) && strcmp(actions[i].name, name) != 0; i++)
		;
	return i < NELEM(actions) ? &actions[i] : NULL;
}

static int
parse_arguments(const struct action *a, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (a->obey == create_account && strcmp(argv[i], "--role") == 0 && i + 1 < argc)
			run.role = argv[++i];
		else if (a->obey == create_account && strcmp(argv[i], "--tier") == 0 && i + 1 < argc)
			run.tier = argv[++i];
		else if (a->email && run.email == NULL && argv[i][0] != '-')
			run.email = argv[i];
		else if (a->value && run.value == NULL)
			run.value = argv[i];
		else
			return -1;
	}
	if ((a->email && run.email == NULL) || (a->value && run.value == NULL))
		return -1;
	if (a->value && strcmp(a->name, "user role") == 0)
		run.role = run.value;
	if (a->value && strcmp(a->name, "user tier") == 0)
		run.tier = run.value;
	if (a->obey == create_account) {
		run.role = run.role != NULL ? run.role : "user";
		run.tier = run.tier != NULL ? run.tier : strcmp(run.role, "admin") == 0 ? "admin" : "free";
	}
	return (run.role == NULL || is_one_of(ACCOUNT_ROLES, run.role)) &&
	    (run.tier == NULL || is_one_of(ACCOUNT_TIERS, run.tier)) ? 0 : -1;
}

int
cmd_user(int argc, char **argv)
{
	const struct action *a = find_action(argv[0]);
	static struct arena mem;

	arena_init(&mem, 512);
	if (parse_arguments(a, argc, argv) < 0) {
		fprintf(stderr, "usage: dure %s %s\n", a->name, a->usage);
		return EXIT_USAGE;
	}
	if (run.email != NULL && (run.email = email_normal(&mem, run.email)) == NULL)
		return print_fault("that is no e-mail address"), 1;
	if (a->password && read_password() < 0)
		return 1;
	run.obey = a->obey;
	return cmd_in_loop(LINK_PG | LINK_REDIS, run_order);
}
