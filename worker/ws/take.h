/* take.h -- taking over all clients of the process that is to be relieved (luggage.h). */
#ifndef WS_TAKE_H
#define WS_TAKE_H

#include <stdbool.h>

/* Where there is a predecessor with this number that hands its clients on, have them; remember_succeed is called either
 * way. Yields. False: there is one that keeps them. */
bool	 take_over(int index);

#endif
