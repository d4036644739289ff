/* cmd_complete.c -- `dure dump bash` and `dure dump zsh`: what a shell completes, from the table of commands.
 *
 * Both scripts hold the same words: the commands, behind each first word the second ones, and behind a command the
 * options and the words that its arguments and its help name.
 */
#include <string.h>

#include "cmd.h"
#include "cmd_dump.h"

static size_t
first_word(const char *name)
{
	return strcspn(name, " ");
}

/* Whether a row before this one begins with the same word. */
static bool
is_repeated(const struct command *c)
{
	const struct command *b;
	size_t n = first_word(c->name);

	for (b = cmd_line.commands; b < c; b++)
		if (first_word(b->name) == n && memcmp(b->name, c->name, n) == 0)
			return true;
	return false;
}

/* The words of `text` that are typed as they stand: options, and where `all`, lower-case words. */
static void
put_words(struct buf *out, const char *text, bool all)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-", others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n;

	for (; *text != '\0'; text += n > 0 ? n : 1) {
		n = strspn(text, letters);
		if (strchr(others, text[n]) != NULL && text[n] != '\0') {	/* the rest of a word */
			n += strspn(text + n, others);
			continue;
		}
		if (n > 1 && (all || (text[0] == '-' && text[1] == '-')))
			buf_printf(out, "%.*s ", (int)n, text);
	}
}

static void
put_arguments(struct buf *out, const struct command *c, const char *dumps)
{
	if (strcmp(c->name, "dump") == 0)
		buf_str(out, dumps);
	put_words(out, c->args, true);
	put_words(out, c->help, false);
}

static void
put_firsts(struct buf *out)
{
	const struct command *c;

	for (c = cmd_line.commands; c->name != NULL; c++)
		if (!is_repeated(c))
			buf_printf(out, "%.*s ", (int)first_word(c->name), c->name);
}

/* "'kafka dead') found='list retry drop' ;;", a line a command; and of the first word those behind it. */
static void
put_cases(struct buf *out, const char *dumps)
{
	const struct command *c, *d;

	buf_str(out, "\t'') found='");
	put_firsts(out);
	buf_str(out, "' ;;\n");
	for (c = cmd_line.commands; c->name != NULL; c++) {
		size_t n = first_word(c->name);

		if (!is_repeated(c)) {
			buf_printf(out, "\t'%.*s') found='", (int)n, c->name);
			for (d = c; d->name != NULL; d++)
				if (first_word(d->name) == n && memcmp(d->name, c->name, n) == 0) {
					if (d->name[n] == ' ')
						buf_printf(out, "%s ", d->name + n + 1);
					else
						put_arguments(out, d, dumps);
				}
			buf_str(out, "' ;;\n");
		}
		if (c->name[n] == ' ') {
			buf_printf(out, "\t'%s') found='", c->name);
			put_arguments(out, c, dumps);
			buf_str(out, "' ;;\n");
		}
	}
}

void
dump_bash(struct buf *out, const char *dumps)
{
	buf_str(out, "# dure -- completion of dure(1) for bash; made by: dure dump bash\n"
	    "_dure_words() {\n\tcase $1 in\n");
	put_cases(out, dumps);
	buf_str(out, "\t*) return 1 ;;\n\tesac\n}\n"
	    "_dure() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} found='' typed=() i\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\tif [[ ${COMP_WORDS[i]} == -c ]]; then ((i++)); else typed+=(\"${COMP_WORDS[i]}\"); fi\n"
	    "\tdone\n"
	    "\tif [[ ${COMP_WORDS[COMP_CWORD-1]} != -c ]]; then\n"
	    "\t\t_dure_words \"${typed[0]-}${typed[1]:+ ${typed[1]}}\" || _dure_words \"${typed[0]}\" || :\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$found\" -- \"$cur\")\n"
	    "\tfi\n"
	    "}\n"
	    "complete -o default -F _dure dure\n");
}

void
dump_zsh(struct buf *out, const char *dumps)
{
	buf_str(out, "#compdef dure\n# _dure -- completion of dure(1) for zsh; made by: dure dump zsh\n"
	    "_dure_words() {\n\tcase $1 in\n");
	put_cases(out, dumps);
	buf_str(out, "\t*) return 1 ;;\n\tesac\n}\n"
	    "_dure() {\n"
	    "\tlocal found i\n"
	    "\tlocal -a typed\n"
	    "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	    "\t\tif [[ $words[i] == -c ]]; then ((i++)); else typed+=(\"$words[i]\"); fi\n"
	    "\tdone\n"
	    "\tif [[ $words[CURRENT-1] == -c ]]; then _files; return; fi\n"
	    "\t_dure_words \"${typed[1]}${typed[2]:+ ${typed[2]}}\" || _dure_words \"${typed[1]}\"\n"
	    "\tcompadd -- ${=found} || _files\n"
	    "}\n"
	    "_dure \"$@\"\n");
}
