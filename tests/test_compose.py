"""The compose file: its services, and that no secret has a default. docker-compose itself reads it where it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[1]
COMPOSE = PROJECT / "docker-compose.yaml"
SECRETS = {"POSTGRES_PASSWORD", "AIRFLOW_FERNET_KEY", "AIRFLOW_API_SECRET_KEY", "AIRFLOW_JWT_SECRET"}


def test_every_service_is_there():
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    airflow = {"api-server", "scheduler", "dag-processor", "triggerer", "worker", "init"}
    assert set(services) == airflow | {"postgres", "redis"}
    environments = [services[name]["environment"] for name in airflow]
    assert all(environment == environments[0] for environment in environments)


def test_secrets_are_demanded_and_listed():
    text = COMPOSE.read_text()
    assert set(re.findall(r"\$\{(\w+):\?", text)) == SECRETS
    assert set(re.findall(r"\$\{(\w+)", text)) <= set(
        re.findall(r"^#? ?(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    )


def test_only_this_machine_reaches_the_ports():
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_docker_compose_accepts_it_with_secrets_and_refuses_it_without():
    command = ["docker-compose", "-f", str(COMPOSE), "config"]
    bare = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    if not (PROJECT / ".env").exists():
        assert subprocess.run(command, env=bare, capture_output=True).returncode != 0
    with_secrets = bare | dict.fromkeys(SECRETS, "secret")
    assert subprocess.run(command, env=with_secrets, capture_output=True).returncode == 0
