/* event_out.c -- the table. See event_out.h; t/03-house-docs.t holds it against what the sources emit,
 * t/lib/events.mjs against what the clients of the tests receive. */
#include "event_out.h"

#include <stddef.h>

#define STREAM_ROOM "stream:{streamKey}"
#define CHAT_ROOM "chat:{streamKey}"
#define USER_ROOM "user:{userId}"

const struct event_out events_out[] = {
	{ "/", "connected", NULL, "asker", "the socket's id, once it is in", "{clientId:string}", false },
	{ "/", "pong", NULL, "asker", "the answer to ping, with a timestamp in milliseconds", "{timestamp:num}",
	    false },
	{ "*", "error", NULL, "asker", "a refused event that asked for no acknowledgement; a token that is not good",
	    "EventRefused|TokenRefused", false },
	{ "*", "server:shutdown", NULL, "all", "the server goes away: its reason, and when to reconnect",
	    "{reason:'shutdown', reconnectInMs:int}", false },
	{ "*", "gap", NULL, "every room", "events of a room that were missed and are not kept any more",
	    "{room:string, missed:int, from:int, to:int}", false },
	{ "/", "analysis-update", "analysis:{requestId}", "analysis:{requestId}", "progress and state of an analysis",
	    "AnalysisUpdate", false },
	{ "/", "sentiment-card", NULL, "analysis:{requestId}", "a review that was judged",
	    "{requestId:id, ?productId:id, card:SentimentCard}", false },
	{ "/", "search-results", "search:{messageId}", "search:{messageId}", "what a product search has found",
	    "{messageId:id, status:'pending'|'completed'|'failed', products:[object], totalCount:int, "
	    "query:string|null, executionTime:int \"milliseconds\"}", false },
	{ "/", "batch-update", "batch:{jobId}", "batch:{jobId}", "progress of a batch", "BatchUpdate", false },
	{ "/", "error", "error:{id}", "analysis:{requestId} search:{messageId} batch:{jobId} asker",
	    "it has failed, and why; or as in the other namespaces", "RequestFailed|EventRefused|TokenRefused",
	    false },
	{ "/", "watchlist-update", "watchlist:update", USER_ROOM " product:{productId}",
	    "the price of a watched product",
	    "{productId:id, updateType:'added'|'removed'|'price_changed', ?type:'price-alert', data:WatchData}",
	    false },
	{ "/", "notification", NULL, USER_ROOM, "a notification for a user", "Notification", false },
	{ "/", "notification-read", NULL, USER_ROOM, "some of them were read",
	    "{?id:int, ?all:true, unreadCount:int}", false },
	{ "/", "recommendations:update", NULL, USER_ROOM, "other videos are recommended to a user now",
	    "{algorithm:string, changed:int, videoIds:[id], timestamp:time}", false },
	{ "/", "system-notification", NULL, USER_ROOM " all", "what an operator has to say",
	    "{message:string, type:'info'|'warning'|'error', priority:'normal'|'high'}", false },
	{ "/", "maintenance-alert", NULL, "all", "maintenance is planned",
	    "{message:string, startTime:string, endTime:string, affectedServices:[string]}", false },
	{ "/", "stream:state", NULL, "asker", "a stream as it is, on join:stream", "StreamState", false },
	{ "/", "stream:started", NULL, STREAM_ROOM, "a stream goes live", "Stream", false },
	{ "/", "stream:updated", NULL, STREAM_ROOM, "its plan was changed", "Stream", false },
	{ "/", "stream:ended", NULL, STREAM_ROOM, "it is over", "Stream", false },
	{ "/", "stream:products", NULL, STREAM_ROOM, "the products it shows, in order",
	    "{streamKey:string, products:[{productId:id, position:int, highlighted:bool}]}", false },
	{ "/", "live:product:added", NULL, STREAM_ROOM, "a product is shown", "ProductChange", false },
	{ "/", "live:product:updated", NULL, STREAM_ROOM, "its price, stock or place has changed", "ProductChange",
	    false },
	{ "/", "live:product:soldout", NULL, STREAM_ROOM, "nothing is left of it", "ProductChange", false },
	{ "/", "live:product:deleted", NULL, STREAM_ROOM, "it is shown no longer", "ProductChange", false },
	{ "/streaming", "stream:viewers", NULL, STREAM_ROOM, "how many are watching",
	    "{streamKey:string, count:int}", false },
	{ "/chat", "chat:history", NULL, "asker", "the last messages, on chat:join-room",
	    "{streamKey:string, messages:[ChatMessage]}", false },
	{ "/chat", "chat:message", NULL, CHAT_ROOM, "a message", "ChatMessage", false },
	{ "/chat", "chat:message-deleted", NULL, CHAT_ROOM, "a message was taken out", "{streamKey:string, id:string}",
	    false },
	{ "/chat", "chat:slow-mode", NULL, CHAT_ROOM, "how long to wait between messages",
	    "{streamKey:string, slowModeSeconds:int}", false },
	{ "/chat", "chat:user-joined", NULL, CHAT_ROOM, "somebody has come",
	    "{streamKey:string, userId:id, userName:string}", false },
	{ "/chat", "chat:user-left", NULL, CHAT_ROOM, "somebody has gone",
	    "{streamKey:string, userId:id, userName:string}", false },
	{ "/chat", "chat:muted", NULL, "the user", "may not write for a while", "Sanction", false },
	{ "/chat", "chat:unmuted", NULL, "the user", "may write again",
	    "{streamKey:string, userId:id, kind:'unmute'}", false },
	{ "/chat", "chat:banned", NULL, "the user", "is out of the chat", "Sanction", false },
	{ "/chat", "stream:started", NULL, CHAT_ROOM, "the stream goes live", "Stream", false },
	{ "/chat", "stream:updated", NULL, CHAT_ROOM, "its plan was changed", "Stream", false },
	{ "/chat", "stream:ended", NULL, CHAT_ROOM, "it is over", "Stream", false },
	{ "/", "metrics", NULL, "metrics", "the figures of the host, every second, to admins", "HostFigures",
	    false },
	{ "/", "auth", NULL, "asker", "what the client gave as auth", "any", true },
	{ "/", "message-back", NULL, "asker", "the arguments of message", "any", true },
	{ "/", "question", NULL, "asker", "asks for an acknowledgement", "any", true },
	{ "/", "answer", NULL, "asker", "what was acknowledged", "any", true },
	{ 0 }
};

#define PRODUCT_MEMBERS "id:id, name:string|null, description:string|null, price:int|null \"won\", stock:int|null, " \
	"sold:int, categoryId:id|null, imageUrl:string|null, sellerId:id|null, rating:num|null, reviewCount:int, " \
	"version:int, revision:int, createdAt:time, updatedAt:time"

const struct shape_name event_shapes[] = {
	{ "EventFailure",
	    "{ok:false, error:{code:string, message:string \"in the language of the client, Korean or English\", "
	    "?details:[Fault], ?retryAfter:int}, ?retryAfter:int \"seconds until it may be tried again\"} "
	    "\"What is acknowledged when an event is refused\"" },
	{ "Fault", "{field:string, reason:string} \"A value that was not accepted\"" },
	{ "EventRefused",
	    "{type:'event-error', event:string|null, code:string, message:string, ?details:[Fault], "
	    "?retryAfter:int, severity:'warning'} "
	    "\"An event that asked for no acknowledgement was refused\"" },
	{ "TokenRefused",
	    "{type:'auth-error', code:string, message:string, severity:'warning'} "
	    "\"The token of this socket is not good any more\"" },
	{ "RequestFailed",
	    "{type:string \"analysis-error, search-error, or as a pipeline says\", requestId:id, message:string, "
	    "details:any, severity:'low'|'medium'|'high'|'critical'|'info'|'warning'|'error', ?step:string} "
	    "\"An analysis, a search or a batch has failed\"" },
	{ "Counts", "{positive:int, negative:int, neutral:int} \"Reviews of each sentiment\"" },
	{ "AnalysisUpdate",
	    "{requestId:id, productId:id, status:string \"pending, processing, completed, failed, or as the "
	    "pipeline says\", progress:0..100i, message:string|null, estimatedTime:int \"seconds to go\", "
	    "currentStep:int, totalSteps:int, ?step:string|int, ?totalReviews:int, ?processedReviews:int, "
	    "?stats:Counts, ?results:AnalysisResult, ?error:{code:string, message:string}|null, ...} "
	    "\"An analysis as it is. What a pipeline reports beyond this is passed on\"" },
	{ "AnalysisResult",
	    "{productId:id, sentiment:{positive:num, negative:num, neutral:num} \"per cent\", "
	    "summary:string|null, keywords:[string], totalReviews:int, createdAt:time, updatedAt:time} "
	    "\"What an analysis has found\"" },
	{ "SentimentCard",
	    "{id:id, sentiment:'positive'|'negative'|'neutral', text:string, ?keywords:[string], "
	    "?confidence:0..1, ?color:string, ?reviewCount:int, ...} "
	    "\"A review, or several that say the same, judged\"" },
	{ "BatchUpdate",
	    "{jobId:id, status:string, progress:0..100i, total:int, completed:int, failed:int, ?message:string, "
	    "?schedule:string, ?run:int, ?nextRunAt:time|null, tasks:[{requestId:id, productId:id, "
	    "status:string, progress:0..100i}]} "
	    "\"A batch of analyses as it is\"" },
	{ "WatchData",
	    "{?productName:string|null, ?oldPrice:num|null, ?newPrice:num|null, ?savings:num|null, ...} "
	    "\"A watched product; members that another service gives are passed on\"" },
	{ "Notification",
	    "{id:int, userId:id, type:string, title:string, message:string, priority:string, data:any, "
	    "read:bool, createdAt:time, ...} "
	    "\"A notification; members that its sender adds are passed on\"" },
	{ "StreamStatus", "'scheduled'|'live'|'ended' \"Of a stream\"" },
	{ "Stream",
	    "{streamKey:string, title:string, description:string|null, sellerId:id|null, status:StreamStatus, "
	    "scheduledAt:time|null, playbackUrl:string|null, startedAt:time|null, endedAt:time|null, "
	    "slowModeSeconds:int, peakViewers:int, totalViewers:int, createdAt:time, updatedAt:time} "
	    "\"A stream\"" },
	{ "StreamState",
	    "{...Stream, viewers:int, products:[StreamProduct]} "
	    "\"A stream with who watches it and what it shows\"" },
	{ "StreamProduct",
	    "{" PRODUCT_MEMBERS ", position:int, highlighted:bool, soldout:bool} "
	    "\"A product that a stream shows\"" },
	{ "ProductChange",
	    "{" PRODUCT_MEMBERS ", productId:id, streamKey:string, ?changeId:string, "
	    "change:'added'|'updated'|'soldout'|'deleted'} "
	    "\"A product that a stream shows, after a change\"" },
	{ "ChatRole", "'user'|'moderator'|'seller'|'admin' \"Of a user in a chat\"" },
	{ "ChatMessage",
	    "{id:string, streamKey:string, userId:id, userName:string, role:ChatRole, message:string, "
	    "createdAt:time, ?clientMessageId:string} "
	    "\"A message\"" },
	{ "Sanction",
	    "{streamKey:string, userId:id, kind:'mute'|'ban', ?until:time|null \"null: for ever\", "
	    "?reason:string|null} "
	    "\"A user who may not write, or not enter\"" },
	{ "HostFigures",
	    "{timestamp:time, host:string, requests:{total:int, rate:num, errors:int}, "
	    "performance:{responseTime:num \"milliseconds\", p95:num \"milliseconds\", activeConnections:int}, "
	    "system:{cpu:num \"per cent\", memory:int \"bytes\", uptime:num \"seconds\"}, sockets:int, "
	    "deliveries:{total:int, rate:num}, outbox:{depth:int, ageMs:int}, lag:int, cache:{hitRate:num|null}} "
	    "\"What the processes of a host do\"" },
	{ NULL, NULL }
};
