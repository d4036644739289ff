# Dure -- `make help` says what can be made. One binary, build/dure, from every .c under common, worker and master.
# B is the build directory: the sanitizers' build is the same rules with another B and SAN, and so is its test suite.

ifeq ($(origin CC),default)
CC	= gcc
endif
B	?= build
SAN	?=
OPT	?= -O2 -g
PREFIX	?= /usr/local
MANDIR	?= $(PREFIX)/share/man
BASHDIR	?= $(PREFIX)/share/bash-completion/completions
ZSHDIR	?= $(PREFIX)/share/zsh/site-functions
# The Dure that writes its manual pages; another than the installed one where that is for another machine.
DUMPER	?= $B/dure
T	?= t/*.t $(UNITS)
JOBS	?= 3
DEPS	?= build run
FUZZ_SECONDS ?= 60
# -Werror in `make lint` and in continuous integration only: a compiler of tomorrow knows warnings that today's users cannot mend.
WERROR	?=
HOSTILE_SECONDS ?= 60
FROZEN_SECONDS ?= 30
K	?= t/kafka/*.t
RELEASE	?= trixie

HARDEN	= $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
WARN	= -Wall -Wextra $(if $(SAN),-Wno-format-truncation,$(WERROR)) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
CPPFLAGS += -D_GNU_SOURCE -Icommon -I. -I/usr/include/postgresql
CFLAGS	+= -std=gnu11 $(OPT) $(WARN) $(HARDEN) $(SAN)
LDFLAGS	+= -pie -Wl,-z,relro,-z,now -Wl,--as-needed
# A sanitizer has a crypt_r of its own in front of the library's, which would then seem not to be needed.
LDLIBS	= -lmicrohttpd -lhiredis -lev -lpq -lrdkafka -lcjson -lsodium -lcurl -lssl -Wl,--no-as-needed -lcrypt -Wl,--as-needed -lcrypto -lz -lm -pthread
# The newest heading of the changelog is the version, of everything: "## 1.2.3, 2026-01-31" is 1.2.3, "## 1.2.3, unreleased" is 1.2.3-dev.
VERSION	:= $(shell sed -En 's/^\#\# ([0-9.]+), unreleased$$/\1-dev/p;s/^\#\# ([0-9.]+), .*/\1/p' etc/doc/changelog.md | head -n 1)
REVISION	:= $(or $(shell git rev-parse --short=12 HEAD 2>/dev/null),unknown)

SRCS	:= $(sort $(shell find common worker master -name '*.c'))
OBJS	= $(SRCS:%.c=$B/obj/%.o)
UNITS	= $(patsubst t/unit/%.c,$B/t/unit/%.t,$(wildcard t/unit/*.c))
BENCHES	= $(patsubst t/bench/%.c,$B/t/bench/%,$(wildcard t/bench/*.c))
FUZZERS	= $(patsubst t/fuzz/%.c,$B/t/fuzz/%,$(wildcard t/fuzz/*.c))
MAIN	= $B/obj/master/main.o

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# One line a file unless V=1.
compile	= $(if $V,,@echo '  $(notdir $(CC)) $1' &&) $(CC)

.PHONY: all version bundles vendor units benches fuzzers run test test-clients test-collector test-kafka test-deploy test-image test-deb test-newcomer test-debian asan hostile frozen lint fuzz bench install deb deps clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: $B/dure bundles	## build build/dure (the default)

# Browser bundles that Dure serves (/socket.io/socket.io.js): where npm is, but the build needs neither it nor them.
bundles: | deps
	@etc/dev/vendor $B/vendor
vendor: | deps-vendor	## fetch the browser bundles with npm, which is installed where it is missing; part of the build where npm is
	@etc/dev/vendor --must $B/vendor

$B/dure: $(MAIN) $B/libdure.a
	$(call compile,$@) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# All but main, so that a unit test links what it needs and brings a main of its own.
$B/libdure.a: $(filter-out $(MAIN),$(OBJS))
	@rm -f $@
	@$(AR) rcs $@ $^

$B/obj/%.o: %.c | deps
	@mkdir -p $(@D)
	$(call compile,$@) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$B/t/unit/%.t: t/unit/%.c $B/libdure.a
	@mkdir -p $(@D)
	$(call compile,$@) $(CPPFLAGS) -It/unit $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $(@:.t=.d) -MT $@ -o $@ $< $B/libdure.a $(LDLIBS)

$B/t/bench/%: t/bench/%.c $B/libdure.a
	@mkdir -p $(@D)
	$(call compile,$@) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< $B/libdure.a $(LDLIBS)

$B/t/fuzz/%: t/fuzz/%.c $B/libdure.a
	@mkdir -p $(@D)
	$(call compile,$@) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $B/libdure.a $(LDLIBS)

# What the compiler's own dependency files cannot see: the version, and files taken in by .incbin.
$B/obj/common/base/version.o: CPPFLAGS += -DDURE_VERSION='"$(VERSION)"' -DDURE_REVISION='"$(REVISION)"'
$B/obj/common/base/version.o: $B/version
$B/version: FORCE
	@mkdir -p $B
	@echo '$(VERSION) $(REVISION)' | cmp -s - $@ || echo '$(VERSION) $(REVISION)' >$@
$(foreach c,$(shell grep -ls incbin $(SRCS)),$(eval $(c:%.c=$$B/obj/%.o): $(wildcard $(dir $c)../page/* sql/*.sql etc/demo/* etc/schemas/*)))

units: $(UNITS)
benches: $(BENCHES)
fuzzers: $(FUZZERS)

run: all		## run Dure with a private PostgreSQL and Redis until Ctrl-C (PORT=3001 HOST=0.0.0.0 LOG=- DEMO=off DATABASE_URL=...)
	@DURE=$B/dure setpriv --pdeathsig TERM etc/dev/run

test: all units t/node_modules/.stamp	## run the whole suite, or T='t/20-x.t ...'
	@etc/dev/vendor --must $B/vendor
	@DURE=$B/dure t/lib/suite prove -j$(JOBS) $T

test-kafka: all t/node_modules/.stamp	## the tests against a real Apache Kafka (K='t/kafka/43-x.t ...'); needs Java, skips where it cannot be had
	@if jars=$$(t/kafka/jars 2>$B/kafka.why); \
	then DURE=$B/dure DURE_KAFKA_JARS=$$jars TEST_TIMEOUT=$${TEST_TIMEOUT:-600} t/lib/suite prove $K; \
	else echo "make test-kafka: skipped: $$(cat $B/kafka.why)"; fi

test-collector: all t/node_modules/.stamp	## traces and logs at a real OpenTelemetry collector; needs Go, skips where it or the parts cannot be had
	@if collector=$$(t/collector/build 2>$B/collector.why); \
	then DURE=$B/dure DURE_COLLECTOR=$$collector t/lib/suite prove t/29-trace.t; \
	else echo "make test-collector: skipped: $$(cat $B/collector.why)"; fi

test-clients: all t/node_modules/.stamp	## the clients of other languages (CLIENTS='Java|Go|Rust'); each skips where its tools or library cannot be had
	@DURE=$B/dure TEST_TIMEOUT=$${TEST_TIMEOUT:-3600} CLIENTS="$(CLIENTS)" t/lib/suite prove t/clients/*.t

test-deploy: all t/node_modules/.stamp	## what is deployed, each by its own tool, which is built first (helm, compose, Kubernetes, workflows); skips where Go cannot be had
	@for tool in helm compose manifests actionlint oasdiff; do t/deploy/build $$tool >/dev/null || echo "make test-deploy: $$tool is skipped" >&2; done
	@DURE=$B/dure TEST_TIMEOUT=$${TEST_TIMEOUT:-900} t/lib/suite prove t/06-*.t t/04-house-openapi.t

test-image: all deps-debian	## build the Dockerfile by buildah and run the image read-only (RELEASE=bookworm or trixie); minutes, as root
	@DURE=$B/dure t/lib/suite t/deploy/image $(RELEASE)

test-deb: all deps-debian t/node_modules/.stamp	## build the Debian package, install, upgrade and purge it in a bare chroot under systemd (RELEASE=bookworm or trixie); minutes, as root
	@DURE=$B/dure t/lib/suite t/debian/deb $(RELEASE)

test-newcomer: all deps-debian t/node_modules/.stamp	## the first hour of etc/doc/deploying.md line by line in a bare chroot under systemd (RELEASE, DEBS); minutes, as root
	@t/debian/newcomer $(RELEASE)

test-debian: deps-debian	## the README line by line on a bare Debian, RELEASE=bookworm or trixie, AS='user root'; an hour, as root
	@t/debian/bare $(RELEASE) $(AS)

asan:			## the same suite on a build with address and undefined-behaviour sanitizers
	@$(MAKE) B=build/asan OPT='-O1 -g -fno-omit-frame-pointer' SAN='-fsanitize=address,undefined -fno-sanitize-recover=all' test

# The seed of HOSTILE_SEED, else one by chance, which is printed; HOSTILE_SECONDS of it.
hostile:		## the main flows under a hostile scheduler on the sanitizers' build (HOSTILE_SECONDS=60, HOSTILE_SEED)
	@$(MAKE) B=build/hostile OPT='-O1 -g -fno-omit-frame-pointer -DHOSTILE' SAN='-fsanitize=address,undefined -fno-sanitize-recover=all' all t/node_modules/.stamp
	@DURE=build/hostile/dure TEST_TIMEOUT=$$(($(HOSTILE_SECONDS) + 240)) HOSTILE_SECONDS=$(HOSTILE_SECONDS) t/lib/suite t/lib/run t/hostile/95-flows.t

# The seed of FROZEN_SEED, else one by chance, which is printed; FROZEN_SECONDS of it.
frozen: all t/node_modules/.stamp	## flows on a tree that is frozen at random, with lag to its stores (FROZEN_SECONDS=30, FROZEN_SEED, FROZEN_BY=SIGSTOP)
	@DURE=$B/dure TEST_TIMEOUT=$$(($(FROZEN_SECONDS) + 240)) FROZEN_SECONDS=$(FROZEN_SECONDS) t/lib/suite t/lib/run t/frozen/96-frozen.t

fuzz: deps-lint		## run each fuzzer of t/fuzz for FUZZ_SECONDS (60) from its small corpus
	@$(MAKE) B=build/fuzz CC=clang OPT='-O1 -g' SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzzers
	@for f in $(patsubst t/fuzz/%.c,build/fuzz/t/fuzz/%,$(wildcard t/fuzz/*.c)); do mkdir -p $$f.corpus && $$f -max_total_time=$(FUZZ_SECONDS) -close_fd_mask=1 \
	    -print_final_stats=1 $$f.corpus $$(ls -d t/fuzz/$${f##*/}.corpus 2>/dev/null) || exit; done

lint: deps-lint		## compile everything, tests too, with every warning of gcc and clang as an error; check the layering
	@$(MAKE) B=build/lint-gcc CC=gcc OPT=-O2 WERROR=-Werror all units benches
	@$(MAKE) B=build/lint-clang CC=clang OPT=-O1 WERROR=-Werror all units benches
	@DURE=build/lint-gcc/dure prove t/0*.t

bench: all benches t/node_modules/.stamp	## the benchmarks of t/bench (their figures are in the README)
	@DURE=$B/dure t/lib/suite sh -c 'for b in t/bench/*.bench; do t/lib/run $$b || exit; done'

install: all		## into DESTDIR and PREFIX (/usr/local): binary, manual, completion, model, bundles, configuration, units; as root the user dure too
	install -D -m 755 $B/dure $(DESTDIR)$(PREFIX)/bin/dure
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/dure etc/model/*
	[ ! -e $B/vendor/versions ] || install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/dure/vendor $B/vendor/*
	[ -e $(DESTDIR)/etc/dure/dure.conf ] || { install -D -m 640 etc/dure.conf $(DESTDIR)/etc/dure/dure.conf && \
	    printf '# As dure.service has it, so that commands find the service.\nNODE_ENV=production\nDURE_RUN_DIR=/run/dure\n' >>$(DESTDIR)/etc/dure/dure.conf; }
	install -D -m 644 -t $(DESTDIR)/usr/lib/systemd/system etc/systemd/dure.service etc/systemd/dure.socket \
		etc/systemd/dure-backup.service etc/systemd/dure-backup.timer etc/systemd/dure-backup-hourly.service etc/systemd/dure-backup-hourly.timer
	install -d $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR)
	$(DUMPER) dump man >$(DESTDIR)$(MANDIR)/man1/dure.1
	$(DUMPER) dump man-conf >$(DESTDIR)$(MANDIR)/man5/dure.conf.5
	$(DUMPER) dump bash >$(DESTDIR)$(BASHDIR)/dure
	$(DUMPER) dump zsh >$(DESTDIR)$(ZSHDIR)/_dure
	sed -i 's,/usr/local,$(PREFIX),g' $(DESTDIR)/usr/lib/systemd/system/dure.service $(DESTDIR)/usr/lib/systemd/system/dure-backup*.service
	install -D -m 644 etc/systemd/dure.sysusers $(DESTDIR)/usr/lib/sysusers.d/dure.conf
	install -D -m 644 etc/systemd/dure.tmpfiles $(DESTDIR)/usr/lib/tmpfiles.d/dure.conf
	@etc/systemd/adopt '$(DESTDIR)'

# For the release and the architecture that it is built on; for another one: CC, STRIP and ARCH of it, and DUMPER, a Dure that runs here.
ARCH	= $(shell dpkg --print-architecture)
deb: all		## Debian packages in build/: dure_VERSION_ARCH.deb and dure-dev, with manual, units, sysusers
	@rm -rf $B/deb
	@$(MAKE) -s install DESTDIR=$(CURDIR)/$B/deb/dure PREFIX=/usr ZSHDIR=/usr/share/zsh/vendor-completions
	@ARCH=$(ARCH) etc/deb/build $(ARCH) $(VERSION) $B $B/deb

version:		## print the version of this tree
	@echo '$(VERSION)'

deps:			## install missing Debian packages (root or sudo); part of every other target
	@etc/dev/deps $(DEPS)
deps-%: deps
	@etc/dev/deps $*
t/node_modules/.stamp: t/package.json | deps-test
	cd t && PATH=/usr/bin:$$PATH npm install --no-package-lock --no-audit --no-fund --fetch-timeout=60000 --loglevel=error
	@touch $@

clean:			## remove what was built; the data of `make run` stay in .run/
	rm -rf build

help:			## this text
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r t s; do printf 'make %-12s %s\n' $$t "$$s"; done

-include $(OBJS:.o=.d) $(UNITS:.t=.d) $(BENCHES:=.d)
