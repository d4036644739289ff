/* extension.c -- offers of permessage-deflate: which are answered, and how. */
#include "tap.h"

#include "worker/http/extension.h"

#define PLAIN "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

static const struct { const char *offers, *answer; } cases[] = {
	{ "permessage-deflate", PLAIN },
	{ " ,permessage-deflate ; client_max_window_bits\t,", PLAIN },
	{ "permessage-deflate;client_max_window_bits=9;server_no_context_takeover", PLAIN },
	{ "permessage-deflate; server_max_window_bits=15", PLAIN "; server_max_window_bits=15" },
	{ "permessage-deflate; server_max_window_bits=\"15\"", PLAIN "; server_max_window_bits=15" },
	{ "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=15, "
	    "permessage-deflate",
	    PLAIN "; server_max_window_bits=15" },
	{ "permessage-deflate; server_max_window_bits=9", PLAIN "; server_max_window_bits=9" },
	{ "permessage-deflate; server_max_window_bits=10, permessage-deflate", PLAIN "; server_max_window_bits=10" },
	{ "permessage-deflate, permessage-deflate; server_max_window_bits=10", PLAIN },
	{ "permessage-deflate; server_max_window_bits=8", NULL },
	{ "permessage-deflate; server_max_window_bits=09", NULL },
	{ "permessage-deflate; server_max_window_bits=16", NULL },
	{ "other; a=b; c, permessage-deflate", PLAIN },
	{ "other", NULL },
	{ "", NULL },
	{ "permessage-deflate; server_max_window_bits=14", PLAIN "; server_max_window_bits=14" },
	{ "permessage-deflate; server_max_window_bits=15; server_max_window_bits=15", NULL },
	{ "permessage-deflate; server_max_window_bits", NULL },
	{ "permessage-deflate; client_max_window_bits=7", NULL },
	{ "permessage-deflate; client_max_window_bits=015", NULL },
	{ "permessage-deflate; client_max_window_bits=", NULL },
	{ "permessage-deflate; client_no_context_takeover=true", NULL },
	{ "permessage-deflate; x", NULL },
	{ "permessage-deflate permessage-deflate", NULL },
	{ "permessage-deflate; \"x\"", NULL },
	{ "permessage-deflate, ;", NULL },
	{ "permessage-deflate; client_max_window_bits=\"15", NULL },
};

int
main(void)
{
	const char *answer, *bits;
	bool narrow;
	size_t i;

	ok(extension_answer(NULL, &narrow) == NULL, "without an offer no extension is negotiated");
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		answer = extension_answer(cases[i].offers, &narrow);
		is_str(answer, cases[i].answer, "%s", cases[i].offers);
		bits = answer != NULL ? strstr(answer, "server_max_window_bits=") : NULL;
		ok(narrow == (bits != NULL && strcmp(strchr(bits, '=') + 1, "15") != 0),
		    "the negotiated window is announced correctly");
	}
	return done_testing();
}
