/* session_script.c -- what Redis keeps of sockets. See session_script.h.
 *
 * Keys: ws:session:<pid> a socket for recovery, ws:task:<id> and websocket_connections:<id> the sockets of a task,
 * ws:tasks:<process> the tasks that a process has sockets of, ws:user:<id> the sockets of a user.
 */
#include "session_script.h"

/* Each user's sockets in a task: field user (of an anonymous socket: its id), value "socket connection" a line. The
 * last line's socket is the one shown. `kept` are the tasks whose expiry this call has renewed already. */
#define TASK_SOCKETS \
	"local shown, own, kept = 'websocket_connections:', 'ws:task:', {}\n" \
	"local function put(task, who, lines)\n" \
	"	if #lines == 0 then\n" \
	"		redis.call('HDEL', own .. task, who)\n" \
	"		redis.call('HDEL', shown .. task, who)\n" \
	"		kept[task] = nil\n" \
	"		return\n" \
	"	end\n" \
	"	redis.call('HSET', own .. task, who, table.concat(lines, '\\n'))\n" \
	"	redis.call('HSET', shown .. task, who, (string.match(lines[#lines], '^%S+')))\n" \
	"end\n" \
	"local function keep(text, wanted)\n" \
	"	local lines = {}\n" \
	"	for id, at in string.gmatch(text or '', '(%S+) (%S+)') do\n" \
	"		if wanted(id, at) then lines[#lines + 1] = id .. ' ' .. at end\n" \
	"	end\n" \
	"	return lines\n" \
	"end\n"

struct redis_script session_script = { .text = TASK_SOCKETS
	"local newest\n"
	"local function seq()\n"
	"	newest = newest or redis.call('GET', 'room:seq') or '0'\n"
	"	return newest\n"
	"end\n"
	"local step = {}\n"
	/* A new socket. */
	"function step.found(session, ms, id, dialect, user, owner)\n"
	"	local key = 'ws:session:' .. session\n"
	"	redis.call('HSET', key, 'id', id, 'dialect', dialect, 'user', user, 'owner', owner, 'since', seq())\n"
	"	redis.call('PEXPIRE', key, ms)\n"
	"end\n"
	/* One that Redis should know already, unless another process has claimed the session. */
	"function step.store(session, ms, id, dialect, user, owner)\n"
	"	local key = 'ws:session:' .. session\n"
	"	local now = redis.call('HGET', key, 'owner')\n"
	"	if now and now ~= owner then return end\n"
	"	redis.call('HSET', key, 'id', id, 'dialect', dialect, 'user', user, 'owner', owner)\n"
	"	redis.call('HSETNX', key, 'since', seq())\n"
	"	redis.call('HDEL', key, 'ended')\n"
	"	redis.call('PEXPIRE', key, ms)\n"
	"end\n"
	/* Its rooms. A recovered room keeps the seq at which it was first entered. */
	"function step.enter(session, room, index)\n"
	"	local key = 'ws:session:' .. session\n"
	"	if redis.call('EXISTS', key) == 1 then\n"
	"		redis.call('HSETNX', key, '+' .. room, seq() .. ':' .. index)\n"
	"	end\n"
	"end\n"
	"function step.leave(session, room)\n"
	"	redis.call('HDEL', 'ws:session:' .. session, '+' .. room)\n"
	"end\n"
	/* It lives on for `ms`, 0: it does not. Does nothing when the session was recovered by another owner. */
	"step['end'] = function(session, owner, ms)\n"
	"	local key = 'ws:session:' .. session\n"
	"	if redis.call('HGET', key, 'owner') ~= owner then return end\n"
	"	if ms == '0' then redis.call('DEL', key) return end\n"
	"	redis.call('HSET', key, 'ended', '1')\n"
	"	redis.call('PEXPIRE', key, ms)\n"
	"end\n"
	"function step.appear(task, who, socket, connection, process, ttl)\n"
	"	local lines, mine = {}, 'ws:tasks:' .. process\n"
	"	local before = redis.call('HGET', own .. task, who)\n"
	"	if before then lines = keep(before, function(id) return id ~= socket end) end\n"
	"	lines[#lines + 1] = socket .. ' ' .. connection\n"
	"	put(task, who, lines)\n"
	"	if kept[task] then return end\n"
	"	kept[task] = true\n"
	"	redis.call('EXPIRE', own .. task, ttl)\n"
	"	redis.call('EXPIRE', shown .. task, ttl)\n"
	"	redis.call('SADD', mine, task)\n"
	"	redis.call('EXPIRE', mine, ttl)\n"
	"end\n"
	/* The socket may have returned over another connection, whose line stays. */
	"function step.disappear(task, who, socket, connection)\n"
	"	put(task, who, keep(redis.call('HGET', own .. task, who),\n"
	"		function(id, at) return id ~= socket or at ~= connection end))\n"
	"end\n"
	"function step.log_in(user, socket, connection, ttl)\n"
	"	local key = 'ws:user:' .. user\n"
	"	redis.call('HSET', key, socket, connection)\n"
	"	redis.call('EXPIRE', key, ttl)\n"
	"	redis.call('SET', 'websocket_connection:' .. user, socket, 'EX', ttl)\n"
	"	redis.call('SET', 'user_online:' .. user, 'true', 'EX', ttl)\n"
	"end\n"
	/* Sockets of processes that died do not count. */
	"function step.log_out(user, socket, connection)\n"
	"	local key, left = 'ws:user:' .. user, false\n"
	"	if redis.call('HGET', key, socket) == connection then redis.call('HDEL', key, socket) end\n"
	"	local all = redis.call('HGETALL', key)\n"
	"	for i = 1, #all, 2 do\n"
	"		local process = 'ws:process:' .. string.match(all[i + 1], '^[^/]*')\n"
	"		if redis.call('EXISTS', process) == 1 then left = all[i] else redis.call('HDEL', key, all[i]) end\n"
	"	end\n"
	"	if left then\n"
	"		redis.call('SET', 'websocket_connection:' .. user, left, 'KEEPTTL')\n"
	"	else\n"
	"		redis.call('DEL', key, 'websocket_connection:' .. user, 'user_online:' .. user)\n"
	"	end\n"
	"end\n"
	/* A step that fails does not keep the others from being executed. */
	"local i, failed = 1\n"
	"while i <= #ARGV do\n"
	"	local n = tonumber(ARGV[i])\n"
	"	local ok, why = pcall(step[ARGV[i + 1]], unpack(ARGV, i + 2, i + n))\n"
	"	failed = failed or (not ok and why) or nil\n"
	"	i = i + n + 1\n"
	"end\n"
	"if failed then return type(failed) == 'table' and failed or redis.error_reply(failed) end\n"
};

struct redis_script session_forget = { .text = TASK_SOCKETS
	"local dead = ARGV[1] .. '/'\n"
	"for i = 2, #ARGV do\n"
	"	local all = redis.call('HGETALL', own .. ARGV[i])\n"
	"	for k = 1, #all, 2 do\n"
	"		if string.find(all[k + 1], dead, 1, true) then\n"
	"			put(ARGV[i], all[k], keep(all[k + 1],\n"
	"				function(id, at) return string.sub(at, 1, #dead) ~= dead end))\n"
	"		end\n"
	"	end\n"
	"end\n"
	"redis.call('DEL', 'ws:tasks:' .. ARGV[1])\n"
};
