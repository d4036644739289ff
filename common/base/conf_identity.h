/* conf_identity.h -- what the settings of tokens and mails must be besides what their rows say. Pure. */
#ifndef BASE_CONF_IDENTITY_H
#define BASE_CONF_IDENTITY_H

struct conf;

/* Why one of these keys is not good, and in *key which; NULL: all are. */
const char	*conf_identity_fault(const struct conf *c, const char **key);

#endif
