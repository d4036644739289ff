/* admission.c -- from a token to its user. See admission.h. Yields: admission_verify. */
#include "admission.h"

#include "base/err.h"
#include "external_user.h"
#include "issuer_keys.h"

void
admission_start(void)
{
	issuer_keys_start();
}

int
admission_verify(struct arena *mem, const char *text, struct token *out)
{
	int rc = bearer_verify(mem, text, out);

	if (rc == E_TOKEN && out->unknown_key && (rc = issuer_keys_wait()) == 0)
		rc = bearer_verify(mem, text, out);
	if (rc == 0 && out->issuer != NULL)
		rc = external_user_admit(mem, out);
	return rc;
}
