"""The stack on one machine: embedded PostgreSQL, simulator, Airflow and page. A server that runs already needs none of it."""
