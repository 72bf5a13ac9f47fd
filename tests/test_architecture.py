"""Imports run one way, and names say what a thing is. Read from the source, so nothing is imported here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PRODUCT = PROJECT / "include" / "outcome_reporting"
PARTS = {"contracts", "workbooks", "checks", "warehouse", "allocation", "reports"}
BASE = {"domain", "settings"}  # what any part may use
GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "process_data"}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at its top or inside a function, relative ones made absolute."""
    package = path.relative_to(PROJECT / "include").with_suffix("").parts if PRODUCT in path.parents else ()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level]) if node.level else ""
            base = ".".join(part for part in (start, node.module or "") if part)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def layer(module: str) -> str | None:
    """`reports` of `outcome_reporting.reports.pages`; None for a module that is not the product's."""
    parts = module.split(".")
    return parts[1] if parts[0] == "outcome_reporting" and len(parts) > 1 else None


def used_layers(folder: Path) -> dict[str, set[str]]:
    return {
        str(path.relative_to(PROJECT)): {found for name in imports(path) if (found := layer(name))}
        for path in modules(folder)
    }


def test_there_is_something_to_look_at():
    assert {path.name for path in PRODUCT.iterdir() if path.is_dir()} >= PARTS | {"domain", "workflows"}


def test_the_domain_imports_the_standard_library_alone():
    allowed = sys.stdlib_module_names | {"outcome_reporting"}
    for path in modules(PRODUCT / "domain"):
        for name in imports(path):
            if _only_for_types(path, name):
                continue
            assert name.split(".")[0] in allowed, f"{path.name} imports {name}"
            assert layer(name) in (None, "domain"), f"{path.name} imports {name}"


def _only_for_types(path: Path, name: str) -> bool:
    """Whether every import of `name` stands under `if TYPE_CHECKING:`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            inside = {alias.name for n in node.body if isinstance(n, ast.Import) for alias in n.names}
            inside |= {n.module or "" for n in node.body if isinstance(n, ast.ImportFrom)}
            if name in inside or any(name.startswith(f"{module}.") for module in inside if module):
                return True
    return False


@pytest.mark.parametrize("part", sorted(PARTS))
def test_parts_do_not_know_each_other(part: str):
    for path, used in used_layers(PRODUCT / part).items():
        assert used <= BASE | {part}, f"{path} imports {sorted(used - BASE - {part})}"


def test_workflows_do_not_know_who_calls_them():
    for path, used in used_layers(PRODUCT / "workflows").items():
        assert used <= BASE | PARTS | {"workflows"}, path


def test_dags_and_plugins_know_workflows_and_settings_alone():
    for folder in ("dags", "plugins"):
        for path, used in used_layers(PROJECT / folder).items():
            assert used <= {"workflows", "settings"}, f"{path} imports {sorted(used)}"


def test_the_command_line_knows_workflows_and_the_base_alone():
    for path in sorted(PRODUCT.glob("cli*.py")):
        used = {found for name in imports(path) if (found := layer(name))}
        assert used <= BASE | {"workflows", "cli"}, f"{path.name} imports {sorted(used)}"


def test_the_product_never_imports_airflow():
    for path in modules(PRODUCT):
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & {"airflow", "airflow_local"}, path


def test_only_the_settings_read_the_environment():
    for path in modules(PRODUCT):
        if path.name != "settings.py":
            text = path.read_text(encoding="utf-8")
            assert "os.environ[" not in text and "os.getenv" not in text and "OUTCOMES_" not in text, path


def test_names_say_what_a_module_does():
    for folder in ("include", "dags", "plugins"):
        for path in modules(PROJECT / folder):
            assert not {path.stem, path.parent.name} & GRAB_BAGS, path


def test_the_example_environment_lists_every_setting():
    from outcome_reporting.settings import _VARIABLES

    listed = {
        line.lstrip("# ").split("=")[0]
        for line in (PROJECT / ".env.example").read_text().splitlines()
        if line.lstrip("# ").startswith("OUTCOMES_")
    }
    assert listed == {"OUTCOMES_HOME", *_VARIABLES}
