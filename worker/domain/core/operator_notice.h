/* operator_notice.h -- messages of operators and of the test tools to sockets, published by room_publish. Nothing here
 * yields; a failure is counted there. */
#ifndef CORE_OPERATOR_NOTICE_H
#define CORE_OPERATOR_NOTICE_H

#include "base/json.h"
#include "base/param.h"

/* Publishes `system-notification` to all sockets, or to the users named (n 0: all). */
void	 notice_system(struct arena *mem, const char *message, const char *type, const char *priority,
    struct strs users);
/* Publishes `maintenance-alert` to all sockets. */
void	 notice_maintenance(struct arena *mem, const char *message, const char *start, const char *end,
    struct strs services);
/* Publishes any event to one user, or (NULL) to all sockets; room_event_ok must hold for it. `data` is JSON. */
void	 notice_event(struct arena *mem, const char *user, const char *event, struct str data);
/* Publishes `sentiment-card` and `analysis-update` of a request as given: `update` is JSON and contains the requestId.
 */
void	 notice_test_card(struct arena *mem, const char *request, struct str card);
void	 notice_test_status(struct arena *mem, const char *request, struct str update);

#endif
