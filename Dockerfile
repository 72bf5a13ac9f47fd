# One image for every service of docker-compose.yaml: the locked requirements, hashes checked, then the project.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UV_SYSTEM_PYTHON=1 \
    UV_NO_CACHE=1

RUN useradd --create-home --uid 50000 outcomes \
 && install -d -o outcomes -g outcomes /srv/outcomes /opt/airflow /opt/airflow/logs /opt/airflow/passwords \
 && pip install --no-cache-dir --disable-pip-version-check uv==0.13.9

WORKDIR /opt/outcomes
COPY requirements.txt ./
RUN uv pip install --compile-bytecode --require-hashes -r requirements.txt

COPY pyproject.toml README.md ./
COPY include ./include
COPY dags ./dags
COPY plugins ./plugins
RUN uv pip install --no-deps -e .

USER outcomes
ENV AIRFLOW_HOME=/opt/airflow \
    OUTCOMES_HOME=/srv/outcomes \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/outcomes/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/outcomes/plugins
ENTRYPOINT ["airflow"]
CMD ["version"]
