/* libpq.h -- includes libpq, for the files of link/ that speak PostgreSQL and no others. */
#ifndef LINK_LIBPQ_H
#define LINK_LIBPQ_H

#include <libpq-fe.h>

#endif
