/* doctor.h -- `dure doctor`: probes that run side by side, each a process of its own, and the checks they judge by.
 *
 * A probe writes what it finds, a line of JSON each, as soon as it knows; one that hangs is killed at the deadline and
 * what it wrote counts. Each area's checks are a table in its file.
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include <math.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"

enum severity { SEVERITY_NONE, SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_FAILURE, SEVERITIES };
extern const char *const severity_names[SEVERITIES];

#define NEVER INFINITY			/* a threshold that no value reaches */

/* What a finding is besides: where the time goes, or what makes the cache useless. */
enum kind { OF_STATE, OF_SPEED, OF_CACHE };

struct check {
	const char	*name;		/* area.what */
	double		 warn, fail;	/* the value from which it is a warning, a failure */
	const char	*message;	/* ": " and the detail follow */
	const char	*advice;	/* a line each */
	const char	*heading;	/* in etc/doc/failures.md */
	enum kind	 kind;
	bool		 strict;	/* only a note in development and test */
};

struct doctor;

/* A probe's row. */
struct probe {
	const char	*name;
	void		(*run)(struct doctor *d);	/* ends when it has reported everything; may block */
	bool		(*wanted)(void);		/* NULL: always */
	/* Of a store: what a failed connection is called, and the heading that it has in etc/doc/failures.md. */
	const char	*away, *heading;
	enum severity	 severity;
};

struct doctor {
	const struct probe *probe;
	struct arena	 mem;
	void		(*tell)(struct doctor *d, struct str line);	/* takes the report's next line */
	int		 out;		/* to the parent */
	int64_t		 until_ms;	/* the deadline, monotonic */
};

/* Report the check's finding for this value, nothing below its thresholds. `detail` may be NULL. */
void	 doctor_judge(struct doctor *d, const struct check *c, double value, const char *detail);
/* How the probe's store was reached; `error` NULL: it was. Advice follows from the error and the latency. */
void	 doctor_connection(struct doctor *d, double latency_ms, const char *error);
/* A figure of the report: `area` is "metrics" or "cache". */
void	 doctor_figure(struct doctor *d, const char *area, const char *name, struct str json);
/* A number with at most two decimals. */
double	 doctor_round(double x);

void	 doctor_postgres(struct doctor *d);
void	 doctor_replica(struct doctor *d);
void	 doctor_redis(struct doctor *d);
void	 doctor_kafka(struct doctor *d);
void	 doctor_server(struct doctor *d);
void	 doctor_host(struct doctor *d);

/* What to do about the text of a failed connection; ends with NULL, is never empty. */
const char *const *doctor_suggestions(const char *error);

#endif
