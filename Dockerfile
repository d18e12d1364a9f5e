# One image for Airflow, the simulator and the page's server. PostgreSQL and Redis use their own images (docker-compose.yml).
FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH
WORKDIR /opt/warehouse

# pip installs uv from the lock, and uv installs the rest; make and git are not needed
COPY requirements.lock pyproject.toml ./
RUN python -m venv /opt/venv \
    && awk '/^uv==/ {on = 1; print; next} /^[^ ]/ {on = 0} on && !/#/' requirements.lock > /tmp/uv.lock \
    && pip install -q --no-cache-dir --no-deps --require-hashes -r /tmp/uv.lock \
    && VIRTUAL_ENV=/opt/venv uv pip install -q --no-cache --compile-bytecode --no-deps --require-hashes -r requirements.lock

COPY include ./include
COPY dags ./dags
COPY plugins ./plugins
COPY dbt_project ./dbt_project
RUN VIRTUAL_ENV=/opt/venv uv pip install -q --no-cache --no-deps --no-build-isolation -e . \
    && useradd --create-home --uid 10001 warehouse \
    && mkdir -p /var/lib/warehouse && chown warehouse /var/lib/warehouse && chmod 700 /var/lib/warehouse

USER warehouse
ENV LMW_HOME=/var/lib/warehouse AIRFLOW_HOME=/var/lib/warehouse/airflow
VOLUME /var/lib/warehouse
# what any of its programs writes is readable by its owner only
ENTRYPOINT ["/bin/sh", "-c", "umask 077 && exec \"$0\" \"$@\""]
CMD ["lmw", "--help"]
