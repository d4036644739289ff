/* doctor_disk.h -- how full a file system is, for the probes. */
#ifndef CMD_DOCTOR_DISK_H
#define CMD_DOCTOR_DISK_H

#include "doctor.h"

/* Judge by the used part of the file system of `path`, or of the nearest directory above it that exists: of its bytes,
 * or of its files where they are scarcer. With more than 20 GiB and a million files left nothing is said. */
void	 doctor_disk(struct doctor *d, const struct check *c, const char *path);

#endif
