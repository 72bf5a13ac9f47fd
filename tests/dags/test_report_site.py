"""The report site inside the web server: who gets in, and what can be reached."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "plugins"))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    release = folder / "releases" / "1"
    (release / "KGZ").mkdir(parents=True)
    (release / "index.html").write_text("<h1>Outcome reports</h1>")
    (release / "KGZ" / "index.html").write_text("Kyrgyzstan")
    (folder / "site").symlink_to("releases/1")
    (tmp_path / "secrets.json").write_text("secret")
    (release / "leak.html").symlink_to(tmp_path / "secrets.json")
    return folder


@pytest.mark.parametrize("path", ["", "index.html", "KGZ", "KGZ/", "KGZ/index.html"])
def test_released_pages_are_found(reports: Path, path: str):
    from report_site import find_page

    assert find_page(reports, path)


@pytest.mark.parametrize(
    "path",
    [
        "../secrets.json",
        "KGZ/../../../secrets.json",
        "/etc/passwd",
        "//etc/passwd",
        "..\\secrets.json",
        "leak.html",
        "KGZ/\0",
        "x" * 5000,
        "nothing.html",
    ],
)
def test_nothing_else_is(reports: Path, path: str):
    from report_site import find_page

    assert find_page(reports, path) is None


@pytest.fixture
def client(reports: Path, airflow_database: None):
    from airflow.api_fastapi.app import create_app, init_auth_manager
    from fastapi.testclient import TestClient

    from report_site import PREFIX, build_app

    app = create_app(apps="core")
    init_auth_manager(app)
    app.router.routes.insert(0, _mount(PREFIX, build_app(reports)))
    return TestClient(app, follow_redirects=False)


def _mount(prefix: str, app):
    from starlette.routing import Mount

    return Mount(prefix, app)


def _token(role: str) -> dict[str, str]:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=role, role=role))
    return {"Authorization": f"Bearer {token}"}


def test_an_anonymous_program_gets_401_and_a_browser_the_login(client):
    from report_site import PREFIX

    page = f"{PREFIX}/index.html"
    assert client.get(page).status_code == 401
    answer = client.get(page, headers={"Accept": "text/html"})
    assert answer.status_code == 307
    assert "login" in answer.headers["location"]
    assert "outcome-reports" in answer.headers["location"]


def test_a_bad_token_is_refused(client):
    from report_site import PREFIX

    answer = client.get(f"{PREFIX}/index.html", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code in (401, 403)
    assert "Outcome reports" not in answer.text


def test_a_viewer_reads_the_page_under_a_strict_policy(client):
    from report_site import PREFIX

    answer = client.get(f"{PREFIX}/index.html", headers=_token("VIEWER"))
    assert (answer.status_code, answer.text) == (200, "<h1>Outcome reports</h1>")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_folder_leads_to_its_page(client):
    from report_site import PREFIX

    answer = client.get(f"{PREFIX}/KGZ", headers=_token("VIEWER"))
    assert answer.headers["location"] == f"{PREFIX}/KGZ/"
    assert client.get(f"{PREFIX}/KGZ/", headers=_token("VIEWER")).text == "Kyrgyzstan"


def test_a_viewer_reaches_nothing_outside(client):
    from report_site import PREFIX

    for path in ("%2e%2e/secrets.json", "leak.html", "..%2f..%2fsecrets.json", "%2fetc%2fpasswd"):
        answer = client.get(f"{PREFIX}/{path}", headers=_token("VIEWER"))
        assert answer.status_code == 404, path
        assert "secret" not in answer.text


def test_the_plugins_load_and_the_menu_has_the_entry(airflow_database: None):
    from airflow import plugins_manager

    assert not plugins_manager.get_import_errors()
    names = {view["name"] for view in plugins_manager._get_ui_plugins()[0]}
    assert "Outcome reports" in names
