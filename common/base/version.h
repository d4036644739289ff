/* version.h -- which Dure this is: the release tag that git describes, "0.1.0" where there is none. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

extern const char dure_version[];
/* The commit it was built from; "unknown" outside a checkout. */
extern const char dure_revision[];

#endif
