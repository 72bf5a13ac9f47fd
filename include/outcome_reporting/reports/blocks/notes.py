"""Block 6: approved progress notes, each under its year, the page's own year first."""

from __future__ import annotations

from ..context import Context
from ..model import Block, Note


def build(context: Context) -> Block:
    texts, facts = context.texts, context.facts
    block = Block("progress", texts("notes.title"), texts("notes.short"))
    approved = [note for note in facts.notes if note.is_approved]
    order = sorted(approved, key=lambda n: (n.fiscal_year != context.year, -n.fiscal_year, n.language))
    block.notes = [
        Note(
            texts("notes.heading", year=note.fiscal_year) if note.fiscal_year else "",
            note,
            texts.language_name(note.language),
        )
        for note in order
    ]
    if not order:
        block.empty_reason = texts("notes.none")
        return block
    written = {note.fiscal_year for note in order}
    missing = [year for year in facts.years if year not in written and year <= context.year]
    block.remarks = [("", " ".join(texts("notes.missing", year=year) for year in missing))] if missing else []
    return block
