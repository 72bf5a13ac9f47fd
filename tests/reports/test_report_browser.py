"""The page in a real browser: style sheet loaded, toggles and tabs work without script, nothing overflows a phone."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from sample_facts import YEARS, kgz_facts

from outcome_reporting.reports.build import build_outcome_year
from outcome_reporting.reports.build_site import build_site
from outcome_reporting.reports.site import site_paths
from outcome_reporting.reports.summary import summarize

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--virtual-time-budget=4000",
]

# A page of the test's own looks into the report through a frame; the report itself has no script.
_PROBE = """<!doctype html><title>probe</title><body><iframe id=f src="{page}" style="width:{width}px;height:900px">
</iframe><pre id=out></pre><script>
document.getElementById('f').onload = function () {{
  const d = this.contentDocument, w = this.contentWindow, shown = s => w.getComputedStyle(d.querySelector(s)).display;
  const out = {{}};
  out.overflow = d.documentElement.scrollWidth - d.documentElement.clientWidth;
  out.figures = d.querySelectorAll('[data-figure]').length;
  out.font = w.getComputedStyle(d.body).fontSize;
  out.chart = [shown('#resources .charts'), shown('#resources .tables')];
  d.querySelector('#resources .v-table').click();
  out.table = [shown('#resources .charts'), shown('#resources .tables')];
  d.querySelector('#resources .v-both').click();
  out.both = [shown('#resources .charts'), shown('#resources .tables')];
  const tabs = () => ['.t1', '.t2', '.t3'].map(shown);
  d.querySelector('.plan .p1').click(); out.tab1 = tabs();
  d.querySelector('.plan .p3').click(); out.tab3 = tabs();
  out.panel = shown('#why-1');
  w.location.hash = '#why-1';
  out.opened = shown('#why-1');
  out.bars = d.querySelectorAll('#resources .charts .sp').length;
  document.getElementById('out').textContent = JSON.stringify(out);
}};
</script>"""


def _dump(chromium: str, profile: Path, page: Path) -> str:
    command = [chromium, *_FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    facts = kgz_facts()
    for year in YEARS:
        build_outcome_year(facts, year, folder)
    build_site([summarize(facts, year) for year in YEARS], facts.data_date, folder)
    return folder


def _probe(chromium: str, site: Path, folder: Path, width: int) -> dict:
    page = site / site_paths(kgz_facts(), 2022).page
    probe = folder / "probe.html"
    probe.write_text(_PROBE.format(page=page.as_uri(), width=width))
    found = re.search(r'<pre id="out">(.*?)</pre>', _dump(chromium, folder / "profile", probe), flags=re.S)
    assert found and found[1], "the browser did not open the report"
    return json.loads(unescape(found[1]))


@pytest.mark.parametrize(("width", "font"), [(1280, "17px"), (390, "16px")])
def test_toggles_tabs_and_explanations_work_without_script(chromium, site, tmp_path, width, font):
    seen = _probe(chromium, site, tmp_path, width)
    assert seen["font"] == font  # the style sheet was found
    assert seen["overflow"] == 0
    assert seen["figures"] > 200 and seen["bars"] >= 5
    assert seen["chart"] == ["block", "none"]
    assert seen["table"] == ["none", "block"]
    assert seen["both"] == ["block", "block"]
    assert seen["tab1"] == ["block", "none", "none"]
    assert seen["tab3"] == ["none", "none", "block"]
    assert seen["panel"] == "none" and seen["opened"] == "block"


def test_the_front_page_opens_from_disk(chromium, site, tmp_path):
    dom = _dump(chromium, tmp_path / "profile", site / "index.html")
    assert 'data-figure="all:2022:expense"' in dom and "KGZ/2018-2022/KGZ_O_2/2022/index.html" in dom
