/* err.c -- the error table. See err.h and err.def. */
#include "err.h"

const struct err_row err_rows[] = {
#define X(name, status, code, verdict, ko, en) { #name, status, code, verdict, ko, en },
#include "err.def"
#undef X
};

const struct err_row *
err_row(int rc)
{
	int i = -1 - rc;

	return &err_rows[i >= 0 && i < ERR_COUNT ? i : ORDINAL_E_INTERNAL];
}
