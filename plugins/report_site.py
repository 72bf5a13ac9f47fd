"""Shows the released report site inside Airflow's web server, to whoever may see the DAG `outcome_reports`.

Airflow asks nobody for a login before a plugin's pages; this one does. One route serves files of the
released site and nothing else.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

from airflow_inner import current_user, login_address, may_see_dag

PREFIX = "/outcome-reports"
DAG_ID = "outcome_reports"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
        "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}


def find_page(reports: Path, path: str) -> Path | None:
    """The file of the released site that `path` names, or None.

    A path with `..`, an absolute path, or one whose links lead out of `reports` is no page; a folder is its
    `index.html`.
    """
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\0" in path or "\\" in path:
        return None
    try:
        root = reports.resolve()
        target = (root / "site" / relative).resolve()
        if target.is_dir():
            target = (target / "index.html").resolve()
        is_page = target.is_relative_to(root) and target.is_file()
    except OSError:  # a name too long for the file system
        return None
    return target if is_page else None


def build_app(reports: Path) -> Any:
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import FileResponse, RedirectResponse, Response

    app = FastAPI(title="Outcome reports", docs_url=None, redoc_url=None, openapi_url=None)

    # The dependency is a default, not an annotation: postponed annotations would hide it from FastAPI.
    @app.get("/{path:path}", response_model=None)
    def show(path: str, user=Depends(current_user())) -> Any:  # noqa: B008
        if not may_see_dag(user, DAG_ID):
            raise HTTPException(403, "You may not see the outcome reports.")
        page = find_page(reports, path)
        if page is None:
            raise HTTPException(404, "No such page in the released reports.")
        if page.name == "index.html" and not path.endswith(("index.html", "/")) and path:
            return RedirectResponse(f"{PREFIX}/{quote(path)}/")  # so that the page's relative links lead on
        kind = mimetypes.guess_type(page.name)[0] or "application/octet-stream"
        return FileResponse(page, media_type=kind, headers=HEADERS)

    @app.exception_handler(HTTPException)
    def refuse(request: Any, error: Any) -> Any:
        wants_page = "text/html" in request.headers.get("accept", "")
        if error.status_code == 401 and wants_page:
            return RedirectResponse(login_address(str(request.url)))
        return Response(str(error.detail), error.status_code, HEADERS, "text/plain")

    return app


class LateApp:
    """An ASGI application made at its first request: only the web server pays for importing FastAPI."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            from outcome_reporting.settings import load_settings

            self._app = build_app(load_settings().home / "reports")
        await self._app(scope, receive, send)


class ReportSitePlugin(AirflowPlugin):
    name = "report_site"
    fastapi_apps = [{"app": LateApp(), "url_prefix": PREFIX, "name": "Outcome reports"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Outcome reports",
            "href": f"{PREFIX}/index.html",
            "destination": "nav",
            "url_route": "outcome-reports",
            "nav_top_level": True,
        }
    ]
