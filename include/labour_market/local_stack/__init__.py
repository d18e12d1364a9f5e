"""The stack on one machine: embedded PostgreSQL, simulator, Airflow and page. An installation on a server of its own does not use it."""
