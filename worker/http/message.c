/* message.c -- the texts of successful answers. See message.h and message.def. */
#include "message.h"

static const struct {
	const char	*ko, *en;
} texts[MSG_COUNT] = {
#define X(id, ko, en) { ko, en },
#include "message.def"
#undef X
};

const char *
message_text(enum message m, bool english)
{
	return english ? texts[m].en : texts[m].ko;
}
