/* user_id.c -- ids of users. See user_id.h. */
#include "user_id.h"

#include "str.h"

bool
user_id_valid(const char *id)
{
	size_t n = strnlen(id, USER_ID_BYTES_MAX + 1), i;

	if (n == 0 || n > USER_ID_BYTES_MAX || !utf8_valid(id, n))
		return false;
	for (i = 0; i < n; i++)
		if ((unsigned char)id[i] < ' ' || id[i] == 0x7f)
			return false;
	return true;
}
