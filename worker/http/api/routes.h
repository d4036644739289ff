/* routes.h -- the arrays of routes, one a noun; routes.c lists them. */
#ifndef HTTP_API_ROUTES_H
#define HTTP_API_ROUTES_H

#include "../route.h"

/* Answers of the usual shapes (base/shape.h): one thing, a page of a list, what was done. */
#define DATA(shape)		"{success:true, data:" shape "}"
#define DATA_SAID(shape)	"{success:true, data:" shape ", message:string}"
#define LIST(shape)		"{success:true, data:[" shape "], nextCursor:null|string}"
#define SAID			"{success:true, message:string}"

extern const struct route admin_account_routes[];
extern const struct route admin_dead_letter_routes[];
extern const struct route admin_job_routes[];
extern const struct route admin_process_routes[];
extern const struct route admin_socket_routes[];
extern const struct route analyze_routes[];
extern const struct route apikey_routes[];
extern const struct route auth_routes[];
extern const struct route batch_routes[];
extern const struct route cache_routes[];
extern const struct route category_routes[];
extern const struct route diagnosis_routes[];
extern const struct route health_routes[];
extern const struct route kafka_routes[];
extern const struct route kpi_routes[];
extern const struct route log_routes[];
extern const struct route meta_routes[];
extern const struct route notification_routes[];
extern const struct route order_routes[];
extern const struct route page_routes[];
extern const struct route payment_routes[];
extern const struct route privacy_routes[];
extern const struct route product_routes[];
extern const struct route search_routes[];
extern const struct route session_routes[];
extern const struct route settings_routes[];
extern const struct route shop_routes[];
extern const struct route socket_routes[];
extern const struct route stream_routes[];
extern const struct route stream_chat_routes[];
extern const struct route trace_routes[];
extern const struct route user_routes[];
extern const struct route vendor_routes[];
extern const struct route curation_routes[];
extern const struct route feedback_routes[];
extern const struct route recommendation_routes[];
extern const struct route video_routes[];
extern const struct route watchlist_routes[];
extern const struct route websocket_routes[];

#endif
