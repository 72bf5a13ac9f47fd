"""Modules that are loaded only when something in them is used."""

from __future__ import annotations

import subprocess
import sys


def _run(code: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_a_module_comes_with_the_first_use_of_it_and_not_before():
    code = (
        "import sys\n"
        "from outcome_reporting.checks.deferred_imports import deferred\n"
        "with deferred('wave'):\n"
        "    import wave\n"
        "print('wave' in sys.modules, 'audioop' in sys.modules)\n"
        "print(wave.open.__name__, 'wave' in sys.modules)\n"
        "import wave as again\n"
        "print(again.open is wave.open)\n"
    )
    assert _run(code) == ["False", "False", "open", "True", "True"]


def test_another_thread_finds_a_module_inside_a_package_that_waits():
    code = (
        "import sys, threading\n"
        "from outcome_reporting.checks.deferred_imports import deferred\n"
        "with deferred('wsgiref'):\n"
        "    import wsgiref as before\n"
        "    thread = threading.Thread(target=lambda: __import__('wsgiref.headers'))\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "import wsgiref\n"
        "print(wsgiref is before, before.headers is sys.modules['wsgiref.headers'])\n"
    )
    assert _run(code) == ["False", "True"]


def test_a_stand_in_answers_itself_for_what_it_was_given():
    code = (
        "import sys\n"
        "from outcome_reporting.checks.deferred_imports import deferred\n"
        "with deferred(with_own={'fractions': {'gcd': lambda *_: 7}}):\n"
        "    from fractions import gcd\n"
        "    from fractions import Fraction\n"
        "print(gcd(4, 2), 'fractions' in sys.modules, Fraction(1, 2), 'fractions' in sys.modules)\n"
    )
    assert _run(code) == ["7", "False", "1/2", "True"]


def test_a_module_that_is_there_already_is_left_alone():
    code = (
        "import sys, json\n"
        "from outcome_reporting.checks.deferred_imports import deferred\n"
        "with deferred('json'):\n"
        "    import json as inside\n"
        "print(inside is json, sys.modules['json'] is json)\n"
    )
    assert _run(code) == ["True", "True"]


def test_a_class_that_is_taken_by_name_is_the_real_one_wherever_it_is_used():
    code = (
        "import sys\n"
        "from outcome_reporting.checks.deferred_imports import deferred\n"
        "with deferred(by_name=['fractions']):\n"
        "    from fractions import Fraction\n"
        "print('fractions' in sys.modules)\n"
        "class Half(Fraction):\n"
        "    pass\n"
        "print('fractions' in sys.modules, Half.__mro__[1].__name__, issubclass(Half, Fraction))\n"
        "print(Fraction(1, 2), isinstance(Half(1, 2), Fraction), Fraction.from_float(0.25))\n"
        "import fractions\n"
        "print(type(Fraction(1, 2)) is fractions.Fraction)\n"
    )
    assert _run(code) == ["False", "True", "Fraction", "True", "1/2", "True", "1/4", "True"]


def test_of_data_sources_and_expectations_only_those_that_are_used_are_loaded():
    code = (
        "import sys\n"
        "from outcome_reporting.checks.library import open_library\n"
        "gx, _ = open_library()\n"
        "def loaded(part):\n"
        "    return [name.rpartition('.')[2] for name in sys.modules if part in name]\n"
        "kinds = [name for name in loaded('.fluent.') if name.endswith('_datasource')]\n"
        "print(sorted(kinds), loaded('.core.expect_'))\n"
        "one = gx.expectations.ExpectColumnValuesToBeBetween(column='a', min_value=1)\n"
        "print(isinstance(one, gx.expectations.Expectation), loaded('.core.expect_'))\n"
    )
    said = " ".join(_run(code))
    assert said == "['invalid_datasource', 'pandas_datasource'] [] True ['expect_column_values_to_be_between']"


def test_the_checks_are_ready_without_what_they_never_call_and_find_it_when_they_do():
    code = (
        "import sys\n"
        "from outcome_reporting.checks.library import warm_up\n"
        "warm_up()\n"
        "waiting = ['scipy.stats', 'altair', 'requests', 'jsonschema', 'marshmallow.validate', 'jinja2']\n"
        "print([name for name in waiting if name in sys.modules])\n"
        "from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as divergence\n"
        "print(divergence.stats.norm.name, divergence.alt.Chart.__name__)\n"
        "from great_expectations.checkpoint import actions\n"
        "from great_expectations.core.http import create_session\n"
        "print(actions.requests.Session is type(create_session('token')))\n"
        "import marshmallow\n"
        "print(type(marshmallow.fields.Email().validators[0]).__name__)\n"
        "from great_expectations.metrics import ColumnMean\n"
        "print(ColumnMean(column='a').column)\n"
    )
    assert _run(code) == ["[]", "norm", "Chart", "True", "Email", "a"]
