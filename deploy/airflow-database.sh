#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: Airflow's metadata has its own database.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$AIRFLOW_DB_PASSWORD" -U postgres <<'SQL'
create role airflow login password :'password';
create database airflow owner airflow;
revoke all on database airflow from public;
SQL
