/* route_usage.h -- reports the use of this worker's endpoints to domain/ops/usage.h. */
#ifndef HTTP_ROUTE_USAGE_H
#define HTTP_ROUTE_USAGE_H

/* Once a process, when the routes are read and the metrics are in use. */
void	 route_usage_start(void);

#endif
