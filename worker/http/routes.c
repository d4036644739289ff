/* routes.c -- every array of routes. */
#include "api/routes.h"

const struct route *const routes[] = {
	health_routes,
	meta_routes,
	analyze_routes,
	cache_routes,
	product_routes,
	search_routes,
	kafka_routes,
	socket_routes,
	websocket_routes,
	auth_routes,
	session_routes,
	apikey_routes,
	privacy_routes,
	log_routes,
	trace_routes,
	settings_routes,
	watchlist_routes,
	batch_routes,
	notification_routes,
	category_routes,
	shop_routes,
	order_routes,
	payment_routes,
	user_routes,
	stream_routes,
	stream_chat_routes,
	page_routes,
	vendor_routes,
	NULL
};
