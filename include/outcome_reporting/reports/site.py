"""Where pages and workbooks stand in the site, and the way to an outcome's newest year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from outcome_reporting.domain.outcome import OutcomeFacts

from .anchors import SOURCES_PAGE
from .frames import framed
from .texts import Texts


@dataclass(frozen=True, slots=True)
class SitePaths:
    """Places below the site's folder, with forward slashes."""

    index: str  # leads to the newest year
    page: str
    sources: str  # the explanations of the page's figures
    workbook: str
    workbook_name: str


@lru_cache(maxsize=4096)  # each stands in many paths
def path_part(code: str) -> str:
    """A code as one folder name: letters, digits, `.`, `_` and `-`; anything else becomes `~` and its number."""
    name = re.sub(r"[^A-Za-z0-9._-]", lambda match: f"~{ord(match[0]):x}", code)
    return name if name.strip(".") else "~" + name.replace(".", "2e")


def outcome_path(office: str, plan_period: str, outcome: str) -> str:
    return "/".join(path_part(part) for part in (office, plan_period, outcome))


def site_paths(facts: OutcomeFacts, year: int) -> SitePaths:
    """Where the page and the workbook of a year stand: `<office>/<plan period>/<outcome>/<year>/...`."""
    folder = outcome_path(facts.office, facts.plan_period, facts.outcome)
    name = f"{path_part(facts.outcome)}-{year}.xlsx"
    own = f"{folder}/{year}"
    return SitePaths(f"{folder}/index.html", f"{own}/index.html", f"{own}/{SOURCES_PAGE}", f"{own}/{name}", name)


def render_redirect(year: int, title: str, language: str = "en") -> str:
    """The page at `<outcome>/index.html`: leads to the newest year without script."""
    texts = Texts(language)
    words = {"year": str(year), "title": title, "moved": texts("redirect.moved", year=year)}
    return "".join(framed("redirect.html", language, {}, **words))
