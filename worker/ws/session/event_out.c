/* event_out.c -- the table. See event_out.h; t/03-house-docs.t holds it against what the sources emit,
    t/lib/events.mjs
 * against what the clients of the tests receive. */
#include "event_out.h"

#include <stddef.h>

#define STREAM_ROOM "stream:{streamKey}"
#define CHAT_ROOM "chat:{streamKey}"
#define USER_ROOM "user:{userId}"

const struct event_out events_out[] = {
	{ "/", "connected", NULL, "asker", "the socket's id, once it is in", "{clientId:str}", false },
	{ "/", "pong", NULL, "asker", "the answer to ping, with a timestamp in milliseconds", "{timestamp:num}",
	    false },
	{ "*", "error", NULL, "asker", "a refused event that asked for no acknowledgement; a token that is not good",
	    "@EventRefused|@TokenRefused", false },
	{ "*", "server:shutdown", NULL, "all", "the server goes away: its reason, and when to reconnect",
	    "{reason:'shutdown', reconnectInMs:int}", false },
	{ "*", "gap", NULL, "every room", "events of a room that were missed and are not kept any more",
	    "{room:str, missed:int, from:int, to:int}", false },
	{ "/", "analysis-update", "analysis:{requestId}", "analysis:{requestId}", "progress and state of an analysis",
	    "@AnalysisUpdate", false },
	{ "/", "sentiment-card", NULL, "analysis:{requestId}", "a review that was judged",
	    "{requestId:id, productId?:id, card:@SentimentCard}", false },
	{ "/", "search-results", "search:{messageId}", "search:{messageId}", "what a product search has found",
	    "{messageId:id, status:'pending'|'completed'|'failed', products:[object], totalCount:int, "
	    "query:str|null, executionTime:int \"milliseconds\"}", false },
	{ "/", "batch-update", "batch:{jobId}", "batch:{jobId}", "progress of a batch", "@BatchUpdate", false },
	{ "/", "error", "error:{id}", "analysis:{requestId} search:{messageId} batch:{jobId} asker",
	    "it has failed, and why; or as in the other namespaces", "@RequestFailed|@EventRefused|@TokenRefused",
	    false },
	{ "/", "watchlist-update", "watchlist:update", USER_ROOM " product:{productId}",
	    "the price of a watched product",
	    "{productId:id, updateType:'added'|'removed'|'price_changed', type?:'price-alert', data:@WatchData}",
	    false },
	{ "/", "notification", NULL, USER_ROOM, "a notification for a user", "@Notification", false },
	{ "/", "notification-read", NULL, USER_ROOM, "some of them were read",
	    "{id?:int, all?:true, unreadCount:int}", false },
	{ "/", "recommendations:update", NULL, USER_ROOM, "other videos are recommended to a user now",
	    "{algorithm:str, changed:int, videoIds:[id], timestamp:time}", false },
	{ "/", "system-notification", NULL, USER_ROOM " all", "what an operator has to say",
	    "{message:str, type:'info'|'warning'|'error', priority:'normal'|'high'}", false },
	{ "/", "maintenance-alert", NULL, "all", "maintenance is planned",
	    "{message:str, startTime:str, endTime:str, affectedServices:[str]}", false },
	{ "/", "stream:state", NULL, "asker", "a stream as it is, on join:stream", "@StreamState", false },
	{ "/", "stream:started", NULL, STREAM_ROOM, "a stream goes live", "@Stream", false },
	{ "/", "stream:updated", NULL, STREAM_ROOM, "its plan was changed", "@Stream", false },
	{ "/", "stream:ended", NULL, STREAM_ROOM, "it is over", "@Stream", false },
	{ "/", "stream:products", NULL, STREAM_ROOM, "the products it shows, in order",
	    "{streamKey:str, products:[{productId:id, position:int, highlighted:bool}]}", false },
	{ "/", "live:product:added", NULL, STREAM_ROOM, "a product is shown", "@ProductChange", false },
	{ "/", "live:product:updated", NULL, STREAM_ROOM, "its price, stock or place has changed", "@ProductChange",
	    false },
	{ "/", "live:product:soldout", NULL, STREAM_ROOM, "nothing is left of it", "@ProductChange", false },
	{ "/", "live:product:deleted", NULL, STREAM_ROOM, "it is shown no longer", "@ProductChange", false },
	{ "/streaming", "stream:viewers", NULL, STREAM_ROOM, "how many are watching",
	    "{streamKey:str, count:int}", false },
	{ "/chat", "chat:history", NULL, "asker", "the last messages, on chat:join-room",
	    "{streamKey:str, messages:[@ChatMessage]}", false },
	{ "/chat", "chat:message", NULL, CHAT_ROOM, "a message", "@ChatMessage", false },
	{ "/chat", "chat:message-deleted", NULL, CHAT_ROOM, "a message was taken out", "{streamKey:str, id:str}",
	    false },
	{ "/chat", "chat:slow-mode", NULL, CHAT_ROOM, "how long to wait between messages",
	    "{streamKey:str, slowModeSeconds:int}", false },
	{ "/chat", "chat:user-joined", NULL, CHAT_ROOM, "somebody has come",
	    "{streamKey:str, userId:id, userName:str}", false },
	{ "/chat", "chat:user-left", NULL, CHAT_ROOM, "somebody has gone",
	    "{streamKey:str, userId:id, userName:str}", false },
	{ "/chat", "chat:muted", NULL, "the user", "may not write for a while", "@Sanction", false },
	{ "/chat", "chat:unmuted", NULL, "the user", "may write again",
	    "{streamKey:str, userId:id, kind:'unmute'}", false },
	{ "/chat", "chat:banned", NULL, "the user", "is out of the chat", "@Sanction", false },
	{ "/chat", "stream:started", NULL, CHAT_ROOM, "the stream goes live", "@Stream", false },
	{ "/chat", "stream:updated", NULL, CHAT_ROOM, "its plan was changed", "@Stream", false },
	{ "/chat", "stream:ended", NULL, CHAT_ROOM, "it is over", "@Stream", false },
	{ "/", "metrics", NULL, "metrics", "the figures of the host, every second, to admins", "@HostFigures",
	    false },
	{ "/", "auth", NULL, "asker", "what the client gave as auth", "any", true },
	{ "/", "message-back", NULL, "asker", "the arguments of message", "any", true },
	{ "/", "question", NULL, "asker", "asks for an acknowledgement", "any", true },
	{ "/", "answer", NULL, "asker", "what was acknowledged", "any", true },
	{ 0 }
};

#define PRODUCT_MEMBERS "id:id, name:str|null, description:str|null, price:int|null \"won\", stock:int|null, " \
	"sold:int, categoryId:id|null, imageUrl:str|null, sellerId:id|null, rating:num|null, reviewCount:int, " \
	"version:int, revision:int, createdAt:time, updatedAt:time"
#define STREAM_MEMBERS "streamKey:str, title:str, description:str|null, sellerId:id|null, status:@StreamStatus, " \
	"scheduledAt:time|null, playbackUrl:str|null, startedAt:time|null, endedAt:time|null, slowModeSeconds:int, " \
	"peakViewers:int, totalViewers:int, createdAt:time, updatedAt:time"
#define SEVERITY "severity:'low'|'medium'|'high'|'critical'|'info'|'warning'|'error'"

const struct event_part event_parts[] = {
	{ "EventFailure", "What is acknowledged when an event is refused",
	    "{ok:false, error:{code:str, message:str \"in the language of the client, Korean or English\", "
	    "details?:[@Fault], retryAfter?:int}, retryAfter?:int \"seconds until it may be tried again\"}" },
	{ "Fault", "A value that was not accepted", "{field:str, reason:str}" },
	{ "EventRefused", "An event that asked for no acknowledgement was refused",
	    "{type:'event-error', event:str|null, code:str, message:str, details?:[@Fault], retryAfter?:int, "
	    "severity:'warning'}" },
	{ "TokenRefused", "The token of this socket is not good any more",
	    "{type:'auth-error', code:str, message:str, severity:'warning'}" },
	{ "RequestFailed", "An analysis, a search or a batch has failed",
	    "{type:str \"analysis-error, search-error, or as a pipeline says\", requestId:id, message:str, "
	    "details:any, " SEVERITY ", step?:str}" },
	{ "Counts", "Reviews of each sentiment", "{positive:int, negative:int, neutral:int}" },
	{ "AnalysisUpdate", "An analysis as it is. What a pipeline reports beyond this is passed on",
	    "{requestId:id, productId:id, status:str \"pending, processing, completed, failed, or as the pipeline "
	    "says\", progress:0..100i, message:str|null, estimatedTime:int \"seconds to go\", currentStep:int, "
	    "totalSteps:int, step?:str|int, totalReviews?:int, processedReviews?:int, stats?:@Counts, "
	    "results?:@AnalysisResult, error?:{code:str, message:str}|null, ...}" },
	{ "AnalysisResult", "What an analysis has found",
	    "{productId:id, sentiment:{positive:num, negative:num, neutral:num} \"per cent\", summary:str|null, "
	    "keywords:[str], totalReviews:int, createdAt:time, updatedAt:time}" },
	{ "SentimentCard", "A review, or several that say the same, judged",
	    "{id:id, sentiment:'positive'|'negative'|'neutral', text:str, keywords?:[str], confidence?:0..1, "
	    "color?:str, reviewCount?:int, ...}" },
	{ "BatchUpdate", "A batch of analyses as it is",
	    "{jobId:id, status:str, progress:0..100i, total:int, completed:int, failed:int, message?:str, "
	    "schedule?:str, run?:int, nextRunAt?:time|null, tasks:[{requestId:id, productId:id, status:str, "
	    "progress:0..100i}]}" },
	{ "WatchData", "A watched product; members that another service gives are passed on",
	    "{productName?:str|null, oldPrice?:num|null, newPrice?:num|null, savings?:num|null, ...}" },
	{ "Notification", "A notification; members that its sender adds are passed on",
	    "{id:int, userId:id, type:str, title:str, message:str, priority:str, data:any, read:bool, "
	    "createdAt:time, ...}" },
	{ "StreamStatus", "Of a stream", "'scheduled'|'live'|'ended'" },
	{ "Stream", "A stream", "{" STREAM_MEMBERS "}" },
	{ "StreamState", "A stream with who watches it and what it shows",
	    "{" STREAM_MEMBERS ", viewers:int, products:[@StreamProduct]}" },
	{ "StreamProduct", "A product that a stream shows",
	    "{" PRODUCT_MEMBERS ", position:int, highlighted:bool, soldout:bool}" },
	{ "ProductChange", "A product that a stream shows, after a change",
	    "{" PRODUCT_MEMBERS ", productId:id, streamKey:str, changeId?:str, "
	    "change:'added'|'updated'|'soldout'|'deleted'}" },
	{ "ChatRole", "Of a user in a chat", "'user'|'moderator'|'seller'|'admin'" },
	{ "ChatMessage", "A message",
	    "{id:str, streamKey:str, userId:id, userName:str, role:@ChatRole, message:str, createdAt:time, "
	    "clientMessageId?:str}" },
	{ "Sanction", "A user who may not write, or not enter",
	    "{streamKey:str, userId:id, kind:'mute'|'ban', until?:time|null \"null: for ever\", reason?:str|null}" },
	{ "HostFigures", "What the processes of a host do",
	    "{timestamp:time, host:str, requests:{total:int, rate:num, errors:int}, performance:{responseTime:num "
	    "\"milliseconds\", p95:num \"milliseconds\", activeConnections:int}, system:{cpu:num \"per cent\", "
	    "memory:int \"bytes\", uptime:num \"seconds\"}, sockets:int, deliveries:{total:int, rate:num}, "
	    "outbox:{depth:int, ageMs:int}, lag:int, cache:{hitRate:num|null}}" },
	{ 0 }
};
