/* cmd_token.c -- `dure token create`: an access token signed with this installation's secret, for operators and tests. */
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/str.h"
#include "cmd.h"
#include "worker/domain/token.h"

/* Whether argv[*i] is the option `name` with a value, which *i moves to. */
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
		if (!take_option(argv, argc, &i, "--sub", &t->sub) && !take_option(argv, argc, &i, "--role", &t->role) &&
		    !take_option(argv, argc, &i, "--tier", &t->tier) && !take_option(argv, argc, &i, "--seconds", &seconds))
			return -1;
	t->iat_s = now_ms() / 1000;
	life = conf.jwt_expires_s;
	if (t->sub == NULL || (seconds != NULL && !parse_int(seconds, 1, 366 * 86400, &life)))
		return -1;
	t->exp_s = t->iat_s + life;
	return 0;
}

int
cmd_token(int argc, char **argv)
{
	struct token t = { .role = "user", .tier = "free" };
	const char *text;
	struct arena mem;

	if (parse_arguments(argc, argv, &t) < 0) {
		fprintf(stderr, "usage: dure token create --sub USER [--role ROLE] [--tier TIER] [--seconds LIFE]\n");
		return EXIT_USAGE;
	}
	arena_init(&mem, 1024);
	if ((text = token_sign(&mem, &t)) != NULL)
		printf("%s\n", text);
	else
		fprintf(stderr, "dure: JWT_SECRET is not set\n");
	arena_fini(&mem);
	return text != NULL ? 0 : 1;
}
