/* libmicrohttpd.h -- the door to libmicrohttpd, for mhd.c, response.c and, its version, health_routes.c. */
#ifndef HTTP_LIBMICROHTTPD_H
#define HTTP_LIBMICROHTTPD_H

#include <microhttpd.h>

#endif
