/* notification_text.h -- what notifications of outside servers say that come as a type alone. Pure. */
#ifndef CORE_NOTIFICATION_TEXT_H
#define CORE_NOTIFICATION_TEXT_H

struct notification_text {
	const char	*type, *ko_title, *ko, *en_title, *en;
};
/* Of a type, written with '_' or '-'; NULL: it is not known. */
const struct notification_text *notification_text(const char *type);

#endif
