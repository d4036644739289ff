/* cmd_token.c -- `dure token create`: an access token signed with this installation's secret, for operators and
 * tests.
 *
 * --sub takes the address of an account, whose id, role and tier the token gets, or any text: such a token is
 * accepted where only the role matters.
 */
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/signup.h"
#include "base/str.h"
#include "cmd.h"
#include "worker/domain/identity/account.h"
#include "worker/domain/identity/token.h"

static struct token wanted;

/* Whether argv[*i] is the option `name` with a value; advances *i to the value. */
static bool
take_option(char **argv, int argc, int *i, const char *name, const char **value)
{
	if (strcmp(argv[*i], name) != 0 || *i + 1 >= argc)
		return false;
	*value = argv[++*i];
	return true;
}

static int
parse_arguments(int argc, char **argv, struct token *t)
{
	const char *seconds = NULL;
	int64_t life;
	int i;

	for (i = 1; i < argc; i++)
		if (!take_option(argv, argc, &i, "--sub", &t->sub) &&
		    !take_option(argv, argc, &i, "--role", &t->role) &&
		    !take_option(argv, argc, &i, "--tier", &t->tier) &&
		    !take_option(argv, argc, &i, "--seconds", &seconds))
			return -1;
	t->iat_s = now_ms() / 1000;
	life = conf.jwt_expires_s;
	if (t->sub == NULL || (seconds != NULL && !parse_int(seconds, 1, 366 * 86400, &life)))
		return -1;
	t->exp_s = t->iat_s + life;
	return 0;
}

/* Signs and prints the token. Returns the exit status. */
static int
print_token(struct arena *mem)
{
	const char *text;

	wanted.role = wanted.role != NULL ? wanted.role : "user";
	wanted.tier = wanted.tier != NULL ? wanted.tier : "free";
	if ((text = token_sign(mem, &wanted)) == NULL)
		return fprintf(stderr, "dure: JWT_SECRET is not set\n"), 1;
	printf("%s\n", text);
	return 0;
}

/* Finds the account of wanted.sub and fills in what was not given. */
static int
print_for_account(struct arena *mem)
{
	struct account a;
	int rc = account_find_email(mem, wanted.sub, &a);

	if (rc < 0) {
		fprintf(stderr, "dure: %s\n", rc == E_NOT_FOUND
		    ? "there is no account with this address" : cmd_why(rc));
		return 1;
	}
	if (!a.active)
		fprintf(stderr, "dure: note: this account is locked\n");
	wanted.sub = a.id;
	wanted.role = wanted.role != NULL ? wanted.role : a.role;
	wanted.tier = wanted.tier != NULL ? wanted.tier : a.tier;
	return print_token(mem);
}

int
cmd_token(int argc, char **argv)
{
	static struct arena mem;	/* static, so that the leak check finds it after the coroutine */

	if (parse_arguments(argc, argv, &wanted) < 0) {
		fprintf(stderr,
		    "usage: dure token create --sub EMAIL|USER [--role ROLE] [--tier TIER] [--seconds LIFE]\n");
		return EXIT_USAGE;
	}
	arena_init(&mem, 1024);
	if (strchr(wanted.sub, '@') != NULL) {
		if ((wanted.sub = email_normal(&mem, wanted.sub)) == NULL)
			return fprintf(stderr, "dure: that is no e-mail address\n"), 1;
		return cmd_in_loop(LINK_PG, print_for_account);
	}
	if (!uuid_valid(wanted.sub))
		fprintf(stderr, "dure: note: \"%s\" is no account's id: whatever belongs to an account (orders, "
		    "streams, a watchlist, "
		    "notifications) will answer 403. --sub EMAIL takes an account's id, role and tier.\n", wanted.sub);
	return print_token(&mem);
}
