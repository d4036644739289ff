/* curation_kpi.h -- key figures of curation, for the job that collects those of the whole service. */
#ifndef CURATION_CURATION_KPI_H
#define CURATION_CURATION_KPI_H

#include <stdint.h>

struct curation_kpi {
	int64_t	 lists, clicked;	/* lists recommended in the time; of these clicked so far */
	double	 click_rate;		/* clicked / lists; 0 without lists */
	int64_t	 sessions;		/* of users with pauses of less than half an hour */
	double	 videos_per_session;	/* different videos watched in one; 0 without sessions */
	int64_t	 users;			/* with interactions */
};

/* The figures of the day (UTC, "2026-01-31") into *out. Yields. Errors as pg_query. */
int	 curation_kpi_read(const char *day, struct curation_kpi *out);

#endif
