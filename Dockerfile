# The worker. `docker compose run --rm --entrypoint conviction-gate worker …` is the command line.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/gate
ENV PATH=/opt/gate/bin:$PATH
WORKDIR /src
COPY constraints.txt .
RUN pip install --require-hashes -r constraints.txt
COPY pyproject.toml README.md worker.py ./
COPY activities activities
COPY contracts contracts
COPY intake intake
COPY policy policy
COPY registry registry
COPY runtime runtime
COPY workflows workflows
# Everything it needs is there by now, with its hash: nothing else is fetched.
RUN pip install --no-deps --no-build-isolation --no-index .

FROM python:3.11-slim
RUN useradd --create-home --uid 1000 gate && install -d -o gate -g gate -m 0700 /data
COPY --from=build /opt/gate /opt/gate
ENV PATH=/opt/gate/bin:$PATH PYTHONUNBUFFERED=1 CONVICTION_GATE_DATA=/data
USER gate
WORKDIR /home/gate
ENTRYPOINT ["python", "-m", "worker"]
