/* libpq.h -- the door to libpq, for the files of link/ that speak PostgreSQL; nobody else includes it. */
#ifndef LINK_LIBPQ_H
#define LINK_LIBPQ_H

#include <libpq-fe.h>

#endif
