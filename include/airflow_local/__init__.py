"""Airflow on one machine: its settings, its services as processes, and the night that `make demo` runs.

For laptops and tests. In production `docker-compose.yaml`, or whatever runs the images, stands in its place.
"""
