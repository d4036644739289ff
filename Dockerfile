# Dure in a container: built in one stage, run in another that holds only the libraries, as a user of its own.
#
#	docker build -t dure . && docker run --init -p 3001:3001 -e DATABASE_URL=... -e REDIS_URL=... -e JWT_SECRET=... dure
# It writes to /run/dure and /tmp alone, and needs no right at all:
#	--read-only --tmpfs /run/dure:uid=3001,gid=3001,mode=750 --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges
# More than one architecture: docker buildx build --platform linux/amd64,linux/arm64
# Debian 12 or, with --build-arg DEBIAN=13, another release that has the libraries.
ARG DEBIAN=12
FROM debian:$DEBIAN-slim AS build
COPY etc/dev/deps /src/etc/dev/deps
RUN /src/etc/dev/deps build vendor && rm -rf /var/lib/apt/lists/*
COPY . /src
# The version is the changelog's, unless another is asked for.
ARG VERSION= REVISION=unknown
RUN make -C /src install DEPS=build ${VERSION:+VERSION=$VERSION} REVISION=$REVISION DESTDIR=/out \
 && strip /out/usr/local/bin/dure && rm -rf /out/usr/lib/systemd /out/usr/local/share/man /out/usr/local/share/zsh && /src/etc/dev/libraries /out/usr/local/bin/dure >/libraries

FROM debian:$DEBIAN-slim
COPY --from=build /libraries /libraries
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl ca-certificates $(cat /libraries) \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 3001 dure \
 && useradd --system --uid 3001 --gid 3001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin dure \
 && install -d -o dure -g dure -m 750 /run/dure
COPY --from=build /out/ /
# By number, so that who runs it can see that this is not root.
USER 3001:3001
ENV NODE_ENV=production PORT=3001 DURE_RUN_DIR=/run/dure
EXPOSE 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=40s --retries=3 \
    CMD curl -fsS -o /dev/null "http://127.0.0.1:${PORT}/api/v1/health/live"
# The migrations need no more rights than the service; they do nothing where there is nothing to do.
CMD ["sh", "-c", "dure migrate up && exec dure run"]
