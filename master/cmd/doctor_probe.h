/* doctor_probe.h -- the probes as processes of their own, for cmd_doctor.c. */
#ifndef CMD_DOCTOR_PROBE_H
#define CMD_DOCTOR_PROBE_H

#include <sys/types.h>

#include "base/buf.h"
#include "doctor.h"

enum { PROBES_MAX = 8 };

struct probe_run {
	const struct probe *probe;
	pid_t		 pid;
	int		 fd;
	struct buf	 lines;		/* the caller's to free */
	bool		 ended;		/* by itself, in time */
};
/* Run them all at once until `until_ms` (monotonic); blocks. */
void	 doctor_run(struct probe_run *runs, size_t n, int64_t until_ms);

#endif
