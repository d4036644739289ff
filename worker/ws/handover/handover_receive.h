/* handover_receive.h -- taking over all clients of the process that is to be relieved (handover_records.h). */
#ifndef HANDOVER_HANDOVER_RECEIVE_H
#define HANDOVER_HANDOVER_RECEIVE_H

#include <stdbool.h>

/* Where there is a predecessor with this number that hands its clients on, have them; session_store_succeed is called
 * either way. Yields. False: there is one that keeps them. */
bool	 handover_receive_clients(int index);

#endif
