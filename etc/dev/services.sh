# services.sh -- a private PostgreSQL and a private Redis, for `make run` and for the tests. To be sourced by bash.
#
# Both are children of the shell that sources this, listen on free loopback ports and end with that shell however it
# ends (a parent-death signal), so nothing is left behind and no pid file is trusted. PostgreSQL refuses to be root:
# then it runs as `postgres`, and its data lives in /var/lib/dure-dev if that user cannot reach the directory asked for.
# Sets:   PG_URL (role and database `dure`, no superuser)  PG_ADMIN_URL (superuser)  REDIS_URL_PRIVATE
# Fails:  every start_ returns 1 after saying why and where the log is.

pg_pid='' redis_pid=''

say() {
	printf 'dure: %s\n' "$*" >&2
}

port_is_taken() {	# PORT
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {		# below the ports that the kernel hands to clients
	local port
	while port=$((20000 + RANDOM % 12000)); port_is_taken "$port"; do :; done
	echo "$port"
}

random_word() {
	od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# wait_for PID SECONDS COMMAND...: until the command succeeds; fails when the process is gone or the time is up.
wait_for() {
	local pid=$1 end=$((SECONDS + $2))
	shift 2
	until "$@" >/dev/null 2>&1; do
		kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# stop_process PID SIGNAL SECONDS: ask, wait, then kill. The process must be a child of this shell.
stop_process() {
	local pid=$1 end=$((SECONDS + $3))
	kill "-$2" "$pid" 2>/dev/null || return 0
	while kill -0 "$pid" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			say "process $pid does not stop, killing it"
			kill -KILL "$pid" 2>/dev/null
		fi
		sleep 0.05
	done
	wait "$pid" 2>/dev/null || :
}

# Run a command in a session of its own (Ctrl-C is for the shell, which stops things in order), dying with the shell.
in_background() {	# SIGNAL LOG COMMAND...
	local signal=$1 log=$2
	shift 2
	setsid "${as_owner[@]}" setpriv --pdeathsig "$signal" "$@" </dev/null >>"$log" 2>&1 8>&- 9>&- &
}

# Decide who owns the cluster and where it lives; sets owner, as_owner, pg_data.
place_postgres() {	# DIR
	local name
	pg_data=$1 as_owner=()
	[ "$(id -u)" -eq 0 ] || return 0
	owner=$(id -un postgres 2>/dev/null || echo nobody)
	as_owner=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups)
	if ! "${as_owner[@]}" test -x "$(dirname "$1")"; then
		name=$(printf %s "$1" | sha256sum | cut -c1-16)
		pg_data=/var/lib/dure-dev/$name
		mkdir -p -m 711 /var/lib/dure-dev
		ln -sfn "$pg_data" "$1"
	fi
}

# Make the cluster, then the roles and the database, each only if missing; single-user mode needs no password.
init_postgres() {	# BIN SECRET-FILE
	local bin=$1 secret=$2 admin user
	if [ ! -s "$pg_data/PG_VERSION" ]; then
		rm -rf "$pg_data.new" && mkdir -m 700 "$pg_data.new" || return
		[ ${#as_owner[@]} -eq 0 ] || chown "$owner" "$pg_data.new" || return
		"${as_owner[@]}" "$bin/initdb" -D "$pg_data.new" -U postgres -E UTF8 --locale=C.UTF-8 -A trust --no-sync || return
		echo 'host all all 127.0.0.1/32 scram-sha-256' >"$pg_data.new/pg_hba.conf"
		mv -T "$pg_data.new" "$pg_data" || return
	fi
	[ ! -s "$secret" ] || return 0
	admin=$(random_word) user=$(random_word)
	"${as_owner[@]}" "$bin/postgres" --single -D "$pg_data" postgres <<-SQL || return
		CREATE ROLE dure LOGIN
		ALTER ROLE dure PASSWORD '$user' NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS
		ALTER ROLE postgres PASSWORD '$admin'
		CREATE DATABASE dure OWNER dure
	SQL
	(umask 077 && echo "$admin $user" >"$secret")
}

# A postmaster that outlived its shell is stopped; a pid file that speaks of another process is removed.
clear_stale_postmaster() {
	local pid
	pid=$(head -n 1 "$pg_data/postmaster.pid" 2>/dev/null) || return 0
	if [ "$(readlink "/proc/$pid/cwd")" = "$(readlink -f "$pg_data")" ]; then
		kill -INT "$pid" 2>/dev/null || :
		while [ -d "/proc/$pid" ]; do sleep 0.1; done
	fi
	rm -f "$pg_data/postmaster.pid"
}

# start_postgres DIR [-c SETTING=VALUE]...: the cluster in DIR, made at the first time; its log is DIR.log.
start_postgres() {
	local dir=$1 bin log=$1.log secret=$1.secret admin user port try
	shift
	place_postgres "$dir"
	bin=$(printf '%s\n' /usr/lib/postgresql/$(cat "$pg_data/PG_VERSION" 2>/dev/null || echo '*')/bin | sort -V | tail -n 1)
	[ -x "$bin/postgres" ] || { say "PostgreSQL is not installed (no $bin)"; return 1; }
	(umask 077 && : >>"$log")
	clear_stale_postmaster
	(cd / && init_postgres "$bin" "$secret") >>"$log" 2>&1 </dev/null ||
	    { say "cannot create the database cluster, see $log"; return 1; }
	read -r admin user <"$secret"
	for try in 1 2 3 4 5 6 7 8; do		# a port may be taken meanwhile; orphans of a killed server take a moment to leave
		port=$(free_port)
		in_background INT "$log" "$bin/postgres" -D "$pg_data" -c listen_addresses=127.0.0.1 -c "port=$port" \
		    -c unix_socket_directories= -c shared_buffers=64MB "$@"
		pg_pid=$!
		if wait_for "$pg_pid" 60 "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then
			PG_URL=postgres://dure:$user@127.0.0.1:$port/dure
			PG_ADMIN_URL=postgres://postgres:$admin@127.0.0.1:$port/postgres
			return 0
		fi
		stop_process "$pg_pid" INT 10
		sleep 0.5
	done
	pg_pid=''
	say "PostgreSQL does not start, see $log"
	return 1
}

# start_redis DIR [OPTION]...: data in DIR, log in DIR.log.
start_redis() {
	local dir=$1 port try as_owner=()
	shift
	mkdir -p "$dir"
	for try in 1 2 3 4; do
		port=$(free_port)
		in_background TERM "$dir.log" redis-server --bind 127.0.0.1 --port "$port" --dir "$dir" "$@"
		redis_pid=$!
		if wait_for "$redis_pid" 60 eval "redis-cli -p $port ping | grep -q PONG"; then
			REDIS_URL_PRIVATE=redis://127.0.0.1:$port/0
			return 0
		fi
		stop_process "$redis_pid" TERM 5
	done
	redis_pid=''
	say "Redis does not start, see $dir.log"
	return 1
}

stop_services() {
	[ -z "$redis_pid" ] || stop_process "$redis_pid" TERM 20
	[ -z "$pg_pid" ] || stop_process "$pg_pid" INT 20
	redis_pid='' pg_pid=''
}
