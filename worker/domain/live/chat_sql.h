/* chat_sql.h -- SQL shared by the files of chats. */
#ifndef LIVE_CHAT_SQL_H
#define LIVE_CHAT_SQL_H

/* A row `m` of chat_messages as clients see it. */
#define CHAT_DOC(m) \
	"json_strip_nulls(json_build_object('id', " m ".id::text, 'streamKey', " m ".stream_key, 'userId', " m ".user_id," \
	"   'userName', " m ".user_name, 'role', " m ".role, 'message', " m ".body, 'createdAt', iso(" m ".sent_at)," \
	"   'clientMessageId', " m ".client_id))"

/* The role of a user in the stream `s`. */
#define CHAT_ROLE(user, admin) \
	"CASE WHEN " admin " THEN 'admin'" \
	"   WHEN s.seller_id = " user " THEN 'seller'" \
	"   WHEN EXISTS (SELECT FROM stream_moderators o WHERE o.stream_key = s.stream_key AND o.user_id = " user ")" \
	"     THEN 'moderator'" \
	"   ELSE 'user' END"

/* Joins a user's account as `w` with its profile `f`, where there is one; CHAT_NAME is the display name. */
#define CHAT_PERSON(user) \
	" LEFT JOIN users w ON w.id = " user \
	"   LEFT JOIN user_profiles f ON f.user_id = w.id"
#define CHAT_NAME(user) "coalesce(nullif(f.display_name, ''), anon_name(split_part(w.email, '@', 1)), left(" user \
	", 4) || '***')"

#endif
