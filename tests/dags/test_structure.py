"""The order of the night, and what reacts to what."""

from __future__ import annotations


def test_intake_runs_at_two_in_the_configured_time_zone(dags):
    timetable = dags["intake"].timetable
    assert (timetable.expression, str(timetable.timezone)) == ("0 2 * * *", "UTC")


def test_files_are_read_side_by_side_and_named_in_the_grid(dags):
    read = dags["intake"].get_task("read")
    assert read.is_mapped
    assert read.map_index_template


def test_bad_data_turns_the_run_red_only_when_everything_good_is_out(dags):
    intake = dags["intake"]
    verdict = intake.get_task("verdict")
    assert verdict.downstream_task_ids == set()
    assert set(intake.task_ids) - {"verdict"} == verdict.get_flat_relative_ids(upstream=True)
    assert verdict.upstream_task_ids == {"announce", "close"}


def test_a_night_without_new_files_still_looks_at_what_is_held(dags):
    assert dags["intake"].get_task("judge").trigger_rule == "none_failed"


def test_answers_follow_the_load(dags):
    assert "load" in dags["intake"].get_task("answer").upstream_task_ids


def test_each_hop_is_an_asset(dags):
    from airflow.sdk import Asset

    from outcome_reporting.workflows.chain import ALLOCATIONS, FACTS

    assert dags["intake"].get_task("announce").outlets == [Asset(**FACTS)]
    assert dags["allocation"].get_task("announce").outlets == [Asset(**ALLOCATIONS)]
    for dag_id, asset in (("allocation", FACTS), ("outcome_reports", ALLOCATIONS)):
        assert dags[dag_id].timetable.asset_condition == Asset(**asset)


def test_each_fiscal_year_gets_a_run_and_the_site_is_built_once(dags):
    """The allocation keeps the year as its key, the reports map every year to the one site."""
    from airflow.sdk import FixedKeyMapper, IdentityMapper

    assert isinstance(dags["allocation"].timetable.default_partition_mapper, IdentityMapper)
    assert isinstance(dags["outcome_reports"].timetable.default_partition_mapper, FixedKeyMapper)


def test_a_year_that_does_not_reconcile_is_not_announced(dags):
    announce = dags["allocation"].get_task("announce")
    assert "verify" in announce.upstream_task_ids
    assert announce.trigger_rule == "all_success"
