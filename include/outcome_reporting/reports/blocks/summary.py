"""Block 1: what the outcome is."""

from __future__ import annotations

from ..context import Context
from ..model import Block, Fact


def office_words(context: Context) -> str:
    """`Kyrgyzstan country office`; a name that already says office is left as it is."""
    facts, texts = context.facts, context.texts
    if facts.office_kind not in ("CO", "RO", "MCO", "PR", "HQ") or "office" in facts.office_name.lower():
        return facts.office_name
    return texts(f"office.{facts.office_kind}", name=facts.office_name)


def build(context: Context) -> Block:
    facts, texts = context.facts, context.texts
    office = office_words(context) + (f", {facts.region}" if facts.region else "")
    returns = ", ".join(texts.period(period) for period in facts.other_periods)
    lines = [
        Fact(texts("summary.code"), f"{facts.labels.publisher}-{facts.outcome}"),
        Fact(texts("summary.office"), office),
        Fact(
            texts("summary.plan_period"),
            texts.period(facts.plan_period),
            texts("summary.returns", periods=returns) if returns else "",
        ),
    ]
    if facts.framework_kind in ("D", "O"):
        lines.append(Fact(texts("summary.framework"), texts(f"summary.framework_{facts.framework_kind}")))
    markers = " · ".join(f"{name}: {value}" for name, value in facts.policy_markers.items() if value)
    lines.append(Fact(texts("summary.markers"), markers or texts("none.no_data")))
    lines.append(Fact(texts("summary.un_function"), facts.un_function or texts("none.no_data")))
    outputs = [(output.code, output.title) for output in facts.outputs]
    lines.append(Fact(texts("summary.outputs"), "" if outputs else texts("none.no_data"), items=outputs))
    title = texts("summary.title")
    return Block("summary", title, title, facts=lines, text=facts.description)
