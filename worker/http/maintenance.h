/* maintenance.h -- refuses requests while the maintenance setting is on (settings.h). */
#ifndef HTTP_MAINTENANCE_H
#define HTTP_MAINTENANCE_H

#include "req.h"

/* 0, or E_MAINTENANCE with rq->why and rq->rate.retry_s. Admins are always admitted, and so are routes that need no
 * login: health, metrics, pages, logging in, the payment provider's webhook. Call after auth_check. Does not yield. */
int	 maintenance_check(struct req *rq);

#endif
