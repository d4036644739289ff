# Dure in a container: built in one stage, run in another that holds only the libraries, as a user of its own.
#
#	docker build -t dure . && docker run -p 3001:3001 -e DATABASE_URL=... -e REDIS_URL=... -e JWT_SECRET=... dure
# Debian 12 or, with --build-arg DEBIAN=13, another release that has the libraries.
ARG DEBIAN=12
FROM debian:$DEBIAN-slim AS build
COPY etc/dev/deps /src/etc/dev/deps
RUN /src/etc/dev/deps build vendor && rm -rf /var/lib/apt/lists/*
COPY . /src
ARG VERSION=0.1.0 REVISION=unknown
RUN make -C /src install DEPS=build VERSION=$VERSION REVISION=$REVISION DESTDIR=/out && /src/etc/dev/libraries /out/usr/local/bin/dure >/libraries

FROM debian:$DEBIAN-slim
COPY --from=build /libraries /libraries
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl ca-certificates $(cat /libraries) \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 3001 --home-dir /nonexistent --shell /usr/sbin/nologin dure \
 && install -d -o dure -g dure -m 750 /run/dure
COPY --from=build /out/ /
USER dure
ENV NODE_ENV=production PORT=3001 DURE_RUN_DIR=/run/dure
EXPOSE 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD curl -fsS -o /dev/null "http://127.0.0.1:${PORT}/api/v1/health/live"
# The migrations need no more rights than the service; they do nothing where there is nothing to do.
CMD ["sh", "-c", "dure migrate up && exec dure run"]
