/* libmicrohttpd.h -- the door to libmicrohttpd, for mhd.c and response.c alone. */
#ifndef HTTP_LIBMICROHTTPD_H
#define HTTP_LIBMICROHTTPD_H

#include <microhttpd.h>

#endif
