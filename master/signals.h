/* signals.h -- what the master's signals mean, in one table. */
#ifndef MASTER_SIGNALS_H
#define MASTER_SIGNALS_H

struct signal_row {
	int		 signo;
	const char	*name, *command, *help;		/* command: the `dure` command that sends it, or "" */
	void		(*fn)(void);
};
extern const struct signal_row signals[];	/* ends with signo 0 */

/* Attach them to the loop. */
void	 signals_bind(void);

#endif
