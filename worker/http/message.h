/* message.h -- the texts of successful answers in Korean and English; the rows are in message.def. */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include <stdbool.h>

enum message {
#define X(id, ko, en) id,
#include "message.def"
#undef X
	MSG_COUNT
};

const char	*message_text(enum message m, bool english);

#endif
