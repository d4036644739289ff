/* maintenance.h -- whether requests are taken just now (settings.h). */
#ifndef HTTP_MAINTENANCE_H
#define HTTP_MAINTENANCE_H

#include "req.h"

/* 0, or E_MAINTENANCE with rq->why and rq->rate.retry_s. Admins always may; and what anybody may without being asked
 * who he is goes on: health, metrics, pages, login, what the payment provider tells. After auth_check. Does not yield.
 */
int	 maintenance_check(struct req *rq);

#endif
