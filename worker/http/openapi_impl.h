/* openapi_impl.h -- the parts of the OpenAPI document, for openapi.c alone. */
#ifndef HTTP_OPENAPI_IMPL_H
#define HTTP_OPENAPI_IMPL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "route.h"

/* What the parts share while a document is made. */
struct openapi {
	struct buf	*out;
	struct arena	*mem;
	struct failure	*failures;	/* the sets of errors that operations refer to */
};

/* "text" in JSON. */
static inline void
openapi_text(struct buf *out, const char *s)
{
	json_put_str(out, s, strlen(s));
}

/* ,"tags":[…],"operationId":"…" of an operation; the "tags" of the document. */
void	 openapi_put_name(struct buf *out, const struct endpoint *e);
void	 openapi_put_areas(struct buf *out);

/* ,"requestBody":{…} of an operation that takes one; an example of it in JSON, false where it takes none. */
void	 openapi_put_body(struct buf *out, const struct endpoint *e);
bool	 openapi_body_example(struct buf *out, const struct endpoint *e);

/* ,"responses":{…} by the row's shapes and errors. */
void	 openapi_put_answers(struct openapi *o, const struct endpoint *e);
/* "Name":{schema} of the named shapes and of failures; "NAME":{response} of the failures that answers refer to. */
void	 openapi_put_schemas(struct openapi *o);
void	 openapi_put_failures(struct openapi *o);
/* "CODE.ko":{example},"CODE.en":{…} of the errors that failures refer to. */
void	 openapi_put_examples(struct openapi *o);

/* The errors that an operation may answer with: by its row's columns, and those that its answer names. */
struct errors {
	bool	may[ERR_COUNT];		/* by ordinal */
};
void	 openapi_errors(const struct endpoint *e, const char *named, struct errors *out);
/* Whether any request may meet it, whatever the route. */
bool	 openapi_error_common(int ordinal);

/* ,"x-codeSamples":[…]: curl and JavaScript. */
void	 openapi_put_samples(struct buf *out, const struct endpoint *e);

#endif
