/* operator_notice.h -- what operators send to sockets: notices, messages, and what the test tools make up. None of it
 * yields; how it travels and who gets it later is room_publish's affair.
 */
#ifndef CORE_OPERATOR_NOTICE_H
#define CORE_OPERATOR_NOTICE_H

#include "base/json.h"
#include "base/param.h"

/* `system-notification` to everybody, or to the users named (n 0: everybody). */
void	 notice_system(struct arena *mem, const char *message, const char *type, const char *priority,
    struct strs users);
/* `maintenance-alert` to everybody. */
void	 notice_maintenance(struct arena *mem, const char *message, const char *start, const char *end,
    struct strs services);
/* Any event to one user, or (NULL) to everybody; room_event_ok must be true of it. `data` is JSON. */
void	 notice_event(struct arena *mem, const char *user, const char *event, struct str data);
/* `sentiment-card` and `analysis-update` of a request, as given: `update` is JSON and has the requestId. */
void	 notice_test_card(struct arena *mem, const char *request, struct str card);
void	 notice_test_status(struct arena *mem, const char *request, struct str update);

#endif
