# Airflow with Invoicing in it; docker-compose.yaml starts it as four processes.
ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.12
FROM ${AIRFLOW_IMAGE}

# What WeasyPrint draws with. The templates bring fonts for Latin, Greek, Cyrillic, Hebrew and Arabic; these have
# the other scripts, so that no name of a client stops an invoice.
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        fonts-dejavu-core fonts-noto-cjk fonts-noto-core libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*

# The locked set first: it changes less often than our code. pip compiles it to bytecode.
USER airflow
COPY requirements-docker.txt /tmp/
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/requirements-docker.txt

# Owned by root and compiled here: a process that is broken into cannot change what the next one runs.
USER root
COPY config /opt/airflow/config
COPY include /opt/airflow/include
COPY plugins /opt/airflow/plugins
COPY dags /opt/airflow/dags
COPY docker /opt/airflow/docker
RUN python -m compileall -q /opt/airflow/plugins /opt/airflow/dags \
    && touch /opt/airflow/airflow.cfg \
    && install --directory --owner=airflow --group=0 --mode=0775 /opt/airflow/logs

# The command line (`python -m invoicing.cli`) finds the package as Airflow does.
ENV PYTHONPATH=/opt/airflow/plugins \
    INVOICING_HOME=/opt/airflow \
    INVOICING_STATE=/tmp/invoicing
USER airflow
