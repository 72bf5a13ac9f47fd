"""`outcomes`: the whole product from a terminal.

Exit codes: 0 done, 1 bad data, 2 wrong use, 3 system fault. Nothing heavy is imported before a command needs
it, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import json
import os
import sys
from pathlib import Path

from outcome_reporting.domain.errors import OutcomeReportingError, Refused, SystemFault, UsageError
from outcome_reporting.settings import load_settings

OK, BAD_DATA, WRONG_USE, SYSTEM_FAULT = 0, 1, 2, 3
_SHORT = 40  # characters of a list of cells that stand in a line


def program() -> None:
    """The command as a process of its own."""
    codes: list[int] = []
    atexit.register(_leave, codes)  # the first that is registered is the last that is called
    codes.append(main())
    sys.exit(codes[0])


def _leave(codes: list[int]) -> None:
    """Ends the process when all is said and everything has ended that has to: to take apart piece by piece what it
    holds would take Python a tenth of a second more. After an exception nothing is hurried.
    """
    if codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(codes[0])


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, and turn our exceptions into exit codes with one plain line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except Refused as refused:
        print(refused, *(f"  {reason}" for reason in refused.reasons), sep="\n", file=sys.stderr)
        return BAD_DATA
    except UsageError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except (OutcomeReportingError, OSError) as error:
        print(error, file=sys.stderr)
        return SYSTEM_FAULT
    except Exception as error:  # a database that is away answers with its driver's own class
        if type(error).__module__.startswith(("sqlalchemy", "psycopg")):
            print(f"The warehouse did not answer: {error}".splitlines()[0], file=sys.stderr)
            return SYSTEM_FAULT
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="outcomes", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(command=function)
        return sub

    run = command("run", _run, "The night's workflow without Airflow: check, load, answer, allocate, report.")
    run.add_argument("--progress", action="store_true", help="show a bar for each step")
    run.add_argument("--json", action="store_true", help="the summary for machines, with the seconds of each phase")

    check = command("check", _check, "The night's answer for these files, changing nothing.")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.add_argument("--out", type=Path, help="write the marked workbooks into this folder")

    template = command("template", _template, "Template workbooks with headings, comments and drop-downs.")
    template.add_argument("datasets", nargs="*", metavar="DATASET")
    template.add_argument("--out", type=Path, required=True)
    template.add_argument("--office")
    template.add_argument("--year", type=int)

    explain = command("explain", _explain, "The source cells behind a figure, with rate and weight, and their sum.")
    explain.add_argument("figure")
    explain.add_argument("--as-of", help="a moment, such as 2023-03-01T12:00:00Z")
    explain.add_argument("--json", action="store_true", help="print value, cells and files as JSON")
    explain.add_argument("--largest", type=int, metavar="N", help="list only the N largest cells; sum all")

    for name, function, words in (
        ("undo", _undo, "Takes back one load at once; what it replaced is live again."),
        ("redo", _redo, "Loads archived bytes again, on top of what is live."),
    ):
        sub = command(name, function, words)
        sub.add_argument("sha256")
        sub.add_argument("--yes", action="store_true", help="do not ask on a terminal")

    report = command("report", _report, "Builds outcome reports.")
    report.add_argument("--office")
    report.add_argument("--outcome")
    report.add_argument("--year", type=int)
    report.add_argument("--as-of", help="as things stood at that moment; needs --out")
    report.add_argument("--out", type=Path)

    command("status", _status, "Who has dropped what, for which year; what is held, what is rejected.")
    migrate = command("migrate", _migrate, "The warehouse schema to the newest version.")
    migrate.add_argument("--roles", action="store_true", help="create the three roles")
    distribute = command("distribute", _distribute, "Makes the warehouse distributed where Citus is present.")
    distribute.add_argument("--check", action="store_true", help="only list what would not distribute")
    return parser


def _run(options) -> int:
    from outcome_reporting.workflows.house import open_house
    from outcome_reporting.workflows.night import describe, run_night

    settings = load_settings()
    summary = run_night(settings, progress=options.progress)
    open_house(settings).readers.let_go()
    gc.freeze()  # the process ends: to look through all that it holds once more would take half a second
    print(json.dumps(summary, indent=1, ensure_ascii=False, default=str) if options.json else describe(summary))
    return BAD_DATA if summary["is_bad"] else OK


def _check(options) -> int:
    from outcome_reporting.workflows.house import open_house

    missing = [str(path) for path in options.files if not path.is_file()]
    if missing:
        raise UsageError("No such file: " + ", ".join(missing))
    settings = load_settings()
    open_house(settings).readers.start(len(options.files))  # they load what they need while this process does
    from outcome_reporting.workflows.intake import check_files

    answers = check_files(settings, options.files, out=options.out)
    if options.json:
        print(json.dumps(answers, indent=1, ensure_ascii=False))
    else:
        for answer in answers:
            print(f"{answer['file']}: {answer['verdict']} ({answer['rows']} rows)")
            for finding in answer["findings"]:
                print("  " + _told(finding))
    return BAD_DATA if any(answer["verdict"] == "rejected" for answer in answers) else OK


def _cells(finding: dict) -> str:
    """All cells where that is short, else the first and in how many rows more; --json lists them all."""
    cells, more = finding["cells"], finding["row_count"] - 1
    return cells if len(cells) <= _SHORT else f"{finding['cell']} and in {more:,} more rows"


def _told(finding: dict) -> str:
    """One finding in a line: severity, place, problem, and what there is of found, expected, remedy, nearest."""
    place = " ".join(part for part in (finding["sheet"], _cells(finding)) if part) or "the whole file"
    parts = [finding["message"]]
    parts += [f"Found {finding['found']}"] if finding["found"] else []
    parts += [f"Expected {finding['expected']}"] if finding["expected"] else []
    parts += [part for part in (finding["remedy"],) if part]
    parts += [f"Nearest: {finding['nearest']}"] if finding["nearest"] else []
    return f"{finding['severity']}: {place}: " + " ".join(part.rstrip(".") + "." for part in parts)


def _template(options) -> int:
    from outcome_reporting.workflows.templates import write_templates

    for path in write_templates(load_settings(), options.datasets, options.out, options.office, options.year):
        print(path)
    return OK


def _explain(options) -> int:
    from outcome_reporting.workflows.explain import describe_explanation, explain_figure

    explanation = explain_figure(load_settings(), options.figure, options.as_of)
    if options.json:
        print(json.dumps(explanation, indent=1, ensure_ascii=False))
    else:
        print(describe_explanation(explanation, options.largest))
    return OK


def _undo(options) -> int:
    from outcome_reporting.workflows.undo import undo_load

    return _ask_and_do(options, undo_load)


def _redo(options) -> int:
    from outcome_reporting.workflows.undo import redo_load

    return _ask_and_do(options, redo_load)


def _ask_and_do(options, action) -> int:
    settings = load_settings()
    if sys.stdin.isatty() and not options.yes:
        print(action(settings, options.sha256, only_look=True))
        if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
            return OK
    print(action(settings, options.sha256))
    return OK


def _report(options) -> int:
    from outcome_reporting.workflows.reports import build_reports

    if options.as_of and not options.out:
        raise UsageError("--as-of needs --out DIR: a report of a past day never goes into the released site")
    summary = build_reports(
        load_settings(), options.office, options.outcome, options.year, as_of=options.as_of, out=options.out
    )
    print(f"{summary['reports']} reports, {summary['files_written']} files written, in {summary['release']}")
    return OK


def _status(options) -> int:
    from outcome_reporting.workflows.status import describe_status

    print(describe_status(load_settings()))
    return OK


def _migrate(options) -> int:
    from outcome_reporting.workflows.house import migrate_warehouse

    print(migrate_warehouse(load_settings(), roles=options.roles))
    return OK


def _distribute(options) -> int:
    from outcome_reporting.workflows.house import distribute_warehouse

    problems = distribute_warehouse(load_settings(), only_check=options.check)
    print("\n".join(problems) or "Everything distributes.")
    return SYSTEM_FAULT if problems and not options.check else OK


__all__ = ["SystemFault", "main"]

if __name__ == "__main__":
    program()
