"""Job cuts as data to take away: one row an event, safe to open in a spreadsheet, whole in JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from bot.ports import JobCuts

COLUMNS = (
    "date", "company", "employer", "headcount", "percent", "kind", "tech", "ai_grade", "ai_quote", "outlets", "title",
    "url", "source", "language", "story", "restates",
)  # fmt: skip
# A cell that begins with one of these is a formula to a spreadsheet; with an apostrophe before it it is text.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Value = str | int | float | bool | None


def as_json(cuts: Iterable[JobCuts]) -> bytes:
    """A list of objects; what is not known is null. UTF-8."""
    rows = [_row(one) for one in cuts]
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def as_csv(cuts: Iterable[JobCuts]) -> bytes:
    """A header and a line an event; what is not known is empty. UTF-8 with the mark that Excel needs to see that."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in cuts:
        row = _row(one)
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return page.getvalue().encode("utf-8-sig", "replace")


def _row(cuts: JobCuts) -> dict[str, Value]:
    event, cause = cuts.event, cuts.event.ai_cause
    return {
        "date": cuts.when.isoformat(timespec="seconds"),
        "company": event.company,
        "employer": cuts.employer,
        "headcount": event.headcount,
        "percent": event.percent,
        "kind": event.kind.value,
        "tech": event.tech,
        "ai_grade": cause.grade.value if cause else None,
        "ai_quote": cause.quote if cause else None,
        "outlets": cuts.outlets,
        "title": cuts.title,
        "url": cuts.url,
        "source": cuts.source,
        "language": cuts.language.value,
        "story": f"s{cuts.coverage_id}",
        "restates": f"s{cuts.restates}" if cuts.restates is not None else None,
    }


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    text = value.replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
