/* routes.h -- the arrays of routes, one a noun; routes.c lists them. */
#ifndef HTTP_API_ROUTES_H
#define HTTP_API_ROUTES_H

#include "../route.h"

extern const struct route analyze_routes[], apikey_routes[], auth_routes[], cache_routes[], category_routes[], health_routes[], kafka_routes[], order_routes[],
	payment_routes[], user_routes[],
	meta_routes[], page_routes[], privacy_routes[], product_routes[], search_routes[], session_routes[], shop_routes[], socket_routes[],
	stream_chat_routes[], stream_routes[], websocket_routes[];

#endif
