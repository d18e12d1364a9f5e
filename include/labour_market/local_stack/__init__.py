"""The stack on one machine: embedded PostgreSQL, simulator, Airflow and page.

An installation on a server of its own uses nothing of it but `lmw prepare`.
"""
