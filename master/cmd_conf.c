/* cmd_conf.c -- the configuration on the command line: where it is, and `dure config check|dump|defaults`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/log.h"
#include "cmd.h"
#include "main.h"
#include "reload.h"

static const char *const places[] = { "etc/dure.conf", "/etc/dure/dure.conf" };

const char *
cmd_conf_file(void)
{
	const char *named = main_conf_file != NULL ? main_conf_file : getenv("DURE_CONF");
	size_t i;

	if (named != NULL && *named != '\0')
		return named;
	for (i = 0; i < NELEM(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

int
cmd_load_conf(void)
{
	struct arena *mem = malloc(sizeof(*mem));
	enum log_level level = LOG_INFO;
	const char *why;

	if (mem == NULL)
		abort();
	arena_init(mem, 4096);
	reload_init(cmd_conf_file(), mem);
	if (conf_load(&conf, mem, cmd_conf_file(), environ, &why) < 0) {
		fprintf(stderr, "dure: %s\n", why);
		return -1;
	}
	log_level_parse(conf.log_level, &level);
	log_open("dure", level);
	return 0;
}

void
cmd_print(struct buf *out)
{
	fwrite(out->p, 1, out->n, stdout);
	buf_fini(out);
}

static int
check(void)
{
	const char *file = cmd_conf_file();

	if (cmd_load_conf() < 0)
		return 1;
	printf("The configuration is good (%s%s).\n", file != NULL ? file : "environment only", file != NULL ? " and environment" : "");
	return 0;
}

static int
dump(void)
{
	struct buf out = { 0 };

	if (cmd_load_conf() < 0)
		return 1;
	conf_dump(&conf, &out);
	cmd_print(&out);
	return 0;
}

static int
defaults(void)
{
	struct buf out = { 0 };

	conf_dump_defaults(&out);
	cmd_print(&out);
	return 0;
}

int
cmd_config(int argc, char **argv)
{
	(void)argc;
	if (strcmp(argv[0], "config check") == 0)
		return check();
	return strcmp(argv[0], "config dump") == 0 ? dump() : defaults();
}
