/* version.c -- the only file that is compiled again when the version changes; the Makefile defines DURE_VERSION. */
#include "version.h"

const char dure_version[] = DURE_VERSION, dure_revision[] = DURE_REVISION;
