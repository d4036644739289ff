/* transport.h -- what sends a request's answer, as the layers below mhd.c see it. Nothing here yields. */
#ifndef HTTP_TRANSPORT_H
#define HTTP_TRANSPORT_H

struct req;

struct transport {
	/* Build the response from rq->reply; once a request. */
	void	(*build)(struct req *rq);
	/* Let a suspended request go on. */
	void	(*resume)(struct req *rq);
	/* Send the answer past the library, which then closes the connection. */
	void	(*send_now)(struct req *rq);
	/* The answer cannot wait for the rest of the body: send it now and close. */
	void	(*refuse_now)(struct req *rq);
};
/* Set by mhd_start; defined in req.c. */
extern const struct transport *transport;

#endif
