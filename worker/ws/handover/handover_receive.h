/* handover_receive.h -- receives all clients of a predecessor (handover_records.h). */
#ifndef HANDOVER_HANDOVER_RECEIVE_H
#define HANDOVER_HANDOVER_RECEIVE_H

#include <stdbool.h>

/* Take over the clients of the predecessor with this number, if there is one; session_store_succeed is called
 * either way. Yields. False: a predecessor has kept its clients. */
bool	 handover_receive_clients(int index);

#endif
