# base.sh -- bare Debian systems for the tests that need one, sourced by them with their name in $program: a tarball by debootstrap, kept in
# ~/.cache/dure; chroots of it in name spaces of their own, which have this host's network and are told where its apt and npm find packages.

fail() {
	echo "$program: $*" >&2
	exit 1
}

# $home of who called, $work for what is gone at the end, however it comes.
prepare() {
	[ "$(id -u)" -eq 0 ] || fail "only root can make a system"
	command -v debootstrap >/dev/null || fail "debootstrap is not installed: apt-get install debootstrap"
	home=${SUDO_USER:+$(getent passwd "$SUDO_USER" | cut -d: -f6)}
	home=${home:-$HOME}
	work=$(mktemp -d "${TMPDIR:-/var/tmp}/dure-debian-XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT	# its mounts are in another name space, and gone with it
	trap 'exit 130' INT TERM HUP
	local proxy
	proxy=$(apt-config dump Acquire::http::Proxy | sed -n 's/.* "\(.*\)";/\1/p')
	export http_proxy=${http_proxy:-$proxy}
	[ -n "$http_proxy" ] || unset http_proxy
}

# Where this host's apt has Debian from: "URI" of the archive with that label.
archive() {	# LABEL
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$1 //p" | head -n 1
}

# The tarball of a release in $base, made where there is none.
need_base() {	# RELEASE
	local mirror security
	base=$home/.cache/dure/debian-$1.tar
	[ ! -s "$base" ] || return 0
	mirror=$(archive Debian) security=$(archive Debian-Security)
	[ -n "$mirror" ] || fail "apt does not say where it has Debian from: apt-get update"
	debootstrap --variant=minbase "$1" "$work/base" "$mirror" >"$work/debootstrap.log" ||
	    { tail -n 20 "$work/debootstrap.log" >&2; fail "debootstrap failed"; }
	{
		echo "deb $mirror $1 main"
		echo "deb $mirror $1-updates main"
		[ -z "$security" ] || echo "deb $security $1-security main"
	} >"$work/base/etc/apt/sources.list"
	rm -rf "$work/base"/var/cache/apt/archives/*.deb
	mkdir -p "${base%/*}"
	tar -C "$work/base" -cf "$base.new" . && mv "$base.new" "$base"
	rm -rf --one-file-system "$work/base"
}

# The system, and the host's ways to the packages; what the host starts by itself, no service here does: its ports are the host's.
unpack() {	# RELEASE DIR
	need_base "$1"
	mkdir "$2"
	tar -C "$2" -xf "$base"
	apt-config dump | grep -E '^Acquire::(https?::|Check-|ForceIPv4|Retries)' >"$2/etc/apt/apt.conf.d/90host" || :
	if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then	# what this host trusts beyond Debian's list
		mkdir -p "$2/usr/local/share/ca-certificates"
		cp /usr/local/share/ca-certificates/*.crt "$2/usr/local/share/ca-certificates/"
	fi
	cp -L /etc/resolv.conf "$2/etc/resolv.conf"
	printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 %s\n' "$(hostname)" >"$2/etc/hosts"
	printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d"
	chmod 755 "$2/usr/sbin/policy-rc.d"
}

# The tree as a clone would have it, changes and new files included.
copy_tree() {	# DIR
	mkdir -p "$1"
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -z -co --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done
	else
		find . \( -name build -o -name .run -o -name node_modules \) -prune -o -type f -print0
	fi | tar --null -T - -cf - | tar -C "$1" -xf - --no-same-owner
}

# What the caller's npm and TLS are told, and no more of the environment than a login has.
environment() {
	env -0 | while IFS= read -r -d '' pair; do
		case ${pair,,} in http_proxy=*|https_proxy=*|no_proxy=*|npm_config_*) printf '%s\0' "$pair" ;; esac
	done
	[ -z "${NODE_EXTRA_CA_CERTS:-}" ] || printf 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\0'
}

# A name space dies with its first process, here a shell, which stays root: who changes user loses the wish to die with the parent.
enter() {	# DIR COMMAND...
	setpriv --pdeathsig KILL unshare --mount --pid --ipc --fork --kill-child --propagation private sh -c '
		mount -t proc proc "$0/proc"
		mount -o bind,ro "$0/proc/sys" "$0/proc/sys"
		mount --rbind /sys "$0/sys"
		mount --rbind /dev "$0/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
		chroot "$0" "$@"
		exit $?' "$@"
}
