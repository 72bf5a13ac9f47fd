"""How Airflow is set up and started: its settings, its services as processes, Celery's options, `make demo`."""
