# Every image of docker-compose.yml, see docs/containers.md: `shoplog` is each of our own parts, so they share all layers and
# differ by their command alone; `database` and `prometheus` are Debian's packages on the same base.
ARG BASE=debian:12-slim

# A user who owns nothing but the state.
FROM ${BASE} AS base
ENV LANG=C.UTF-8 TZ=UTC
RUN useradd --system --uid 10001 --home-dir /var/lib/shoplog --shell /usr/sbin/nologin shoplog

# What runs: Java and Python.
FROM base AS runtime
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jre-headless python3 \
 && rm -rf /var/lib/apt/lists/*

# What resolves: the steps of ./shoplog setup, the same lock and the same pom.xml as natively.
FROM runtime AS resolved
RUN apt-get update \
 && apt-get install -y --no-install-recommends maven openjdk-17-jdk-headless python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/shoplog
COPY shoplog requirements.lock ./
# The window, the browser of the tests and the tools of developers stay outside.
RUN --mount=type=cache,target=/root/.cache UV_COMPILE_BYTECODE=1 ./shoplog setup python \
 && VIRTUAL_ENV=.venv .venv/bin/uv pip uninstall -q pyside6-essentials shiboken6 pyqtgraph playwright mypy ruff jedi debugpy
COPY flume flume
RUN --mount=type=cache,target=/root/.m2 ./shoplog setup jars

FROM runtime AS shoplog
WORKDIR /opt/shoplog
COPY --from=resolved /opt/shoplog/.venv .venv
COPY --from=resolved /opt/shoplog/.cache .cache
COPY . .
ENV PATH=/opt/shoplog/.venv/bin:/opt/shoplog:$PATH PYTHONPATH=/opt/shoplog/src:/opt/shoplog PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp SHOPLOG_HOME=/var/lib/shoplog
RUN ./shoplog setup classes
# A new volume takes content and owner of the folder that it covers: each home has the folders that others are mounted on.
RUN for home in /var/lib/shoplog /homes/broker /homes/agent /homes/cluster; do \
      for folder in "" flume run sites spark warehouse; do install -d -o shoplog -g shoplog -m 0700 "$home/$folder"; done; \
    done; install -d -o shoplog -g shoplog -m 0700 /homes/database /homes/monitoring
USER shoplog

# Airflow's database: Debian's Postgres.
FROM base AS database
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/15 \
 && install -d -o shoplog -g shoplog -m 0700 /var/lib/postgresql/airflow
COPY deploy/containers/database /usr/local/bin/database
USER shoplog
CMD ["database"]

# Debian's Prometheus.
FROM base AS prometheus
RUN apt-get update \
 && apt-get install -y --no-install-recommends prometheus \
 && rm -rf /var/lib/apt/lists/* /var/lib/prometheus \
 && install -d -o shoplog -g shoplog -m 0700 /var/lib/prometheus
COPY docs/monitoring/alerts.json /etc/prometheus/alerts.json
COPY deploy/containers/prometheus.yml /etc/prometheus/prometheus.yml
USER shoplog
CMD ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/var/lib/prometheus", "--web.listen-address=0.0.0.0:9090"]
