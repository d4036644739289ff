/* host.h -- this host's name. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

/* As gethostname has it; static. */
const char	*host_name(void);

#endif
