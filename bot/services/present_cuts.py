"""How job cuts read in chat: the table and its totals, the picture's words, the timeline of one company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.chart import Bars, Chart
from bot.domain.coverage import Coverage
from bot.domain.event import EventKind
from bot.domain.message import Paragraph, Role, Span, Style, paragraph, span
from bot.ports import JobCuts
from bot.services.job_cuts import Overview, Period, Total
from bot.services.present import Presenter
from bot.services.wording import DOT
from bot.texts import Texts
from bot.texts.style import DAYS, MONTHS, number

WIDEST = 34  # letters a line of the table; a phone shows no more side by side
NUMBER, COMPANY, PEOPLE, PERCENT, DAY = 2, 11, 7, 4, 6
ROWS = 10
THOUSAND, MILLION = 1_000, 1_000_000
SHORT_ABOVE = 10_000
MISSING = "…"


def heading(overview: Overview, texts: Texts, what: str) -> str:
    """`Job cuts, 9 Feb – 14 Mar 2026`"""
    first, last = overview.since.date(), overview.until.astimezone(overview.since.tzinfo).date()
    start = short_day(first, texts.language)
    if first.year != last.year:
        start += f" {first.year}"
    return texts.say("cuts.heading", what=what, start=start, end=f"{short_day(last, texts.language)} {last.year}")


def table(rows: Sequence[JobCuts], texts: Texts, zone: str) -> Paragraph:
    """Company, people, per cent and day under numbers, at most WIDEST letters a line. A question mark stands behind
    what is not confirmed."""
    say, place = texts.say, ZoneInfo(zone)
    heads = (say("cuts.head.company"), say("cuts.head.people"), say("cuts.head.percent"), say("cuts.head.day"))
    lines = [_line("", *heads)]
    for n, one in enumerate(rows, start=1):
        unsure = "?" if one.event.kind is EventKind.RUMOUR else ""
        people = "" if one.event.headcount is None else _people(one.event.headcount, unsure, texts)
        percent = "" if one.event.percent is None else number(round(one.event.percent, 1), texts.language)
        company = one.event.company or one.employer or say("cuts.unnamed")
        day = short_day(one.when.astimezone(place).date(), texts.language)
        lines.append(_line(str(n), company, people or unsure, percent, day))
    return paragraph(span("\n".join(lines), data=True), role=Role.TABLE)


def _line(n: str, company: str, people: str, percent: str, day: str) -> str:
    line = f"{n:>{NUMBER}} {_cut(company, COMPANY):<{COMPANY}} {people:>{PEOPLE}} {percent:>{PERCENT}} {day:>{DAY}}"
    return line[:WIDEST].rstrip()


def _cut(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - len(MISSING)].rstrip() + MISSING


def _people(headcount: int, unsure: str, texts: Texts) -> str:
    full = number(headcount, texts.language) + unsure
    return full if len(full) <= PEOPLE else short_number(headcount, texts) + unsure


def short_day(day: date, language: str) -> str:
    """`14 Mar` · `14 Agu`"""
    return f"{day.day} {MONTHS[language][day.month - 1][:3]}"


def short_number(value: int, texts: Texts) -> str:
    """`950` · `9.5k` · `15k` · `1.2m`; `9,5 rb` · `1,2 jt`"""
    if value < THOUSAND:
        return number(value, texts.language)
    key, unit = ("cuts.million", MILLION) if value >= MILLION else ("cuts.thousand", THOUSAND)
    exact = value / unit if value < SHORT_ABOVE or value >= MILLION else round(value / unit)
    return texts.say(key, number=number(float(round(exact, 1)), texts.language))


def totals(total: Total, texts: Texts) -> list[Paragraph]:
    """What it adds up to, and what was left out of the sum and why."""
    say = texts.say
    lines: list[str] = []
    if total.with_number:
        people = say("facts.people", count=total.people)
        lines.append(say("cuts.sum", people=people, count=total.with_number))
        if total.without:
            lines.append(say("cuts.without", count=total.without))
    elif total.without:
        lines.append(say("cuts.only_without", count=total.without))
    if total.ai:
        lines.append(
            say("cuts.ai_people", count=total.ai, people=say("facts.people", count=total.ai_people))
            if total.ai_people
            else say("cuts.ai", count=total.ai)
        )
    left_out = [
        say(f"cuts.left_out.{name}", count=count)
        for name, count in (("rumoured", total.rumoured), ("denied", total.denied), ("restated", total.restated))
        if count
    ]
    parts = [paragraph(" ".join(lines))] if lines else []
    if left_out:
        parts.append(paragraph(say("cuts.not_counted", what=texts.listed(left_out)), role=Role.FOOTER))
    return parts


def chart(overview: Overview, texts: Texts, what: str) -> Chart | None:
    """The words and values of the picture; None where no number of people is known."""
    if not overview.companies:
        return None
    say, language = texts.say, texts.language
    buckets = overview.buckets
    return Chart(
        title=heading(overview, texts, what),
        upright=Bars(
            title=say(f"cuts.chart.{overview.period.value}"),
            labels=tuple(_label(bucket.start, overview.period, language) for bucket in buckets),
            values=tuple(float(bucket.people) for bucket in buckets),
            shown=tuple(short_number(bucket.people, texts) for bucket in buckets),
        ),
        lying=Bars(
            title=say("cuts.chart.companies"),
            labels=tuple(" ".join(name.split()) for name, _people in overview.companies),
            values=tuple(float(people) for _name, people in overview.companies),
            shown=tuple(number(people, language) for _name, people in overview.companies),
        ),
        footer=say("cuts.chart.footer"),
    )


def _label(start: date, period: Period, language: str) -> str:
    if period is Period.WEEK:
        return DAYS[language][start.weekday()][:3]
    return MONTHS[language][start.month - 1][:3] if period is Period.YEAR else short_day(start, language)


def timeline_entry(n: int, coverage: Coverage, presenter: Presenter, texts: Texts, zone: str) -> Paragraph:
    """One event of a company: day and figures, then the headline and who reported it."""
    story, event = coverage.lead, coverage.event
    local = story.when.astimezone(ZoneInfo(zone)).date()
    facts = [f"{short_day(local, texts.language)} {local.year}"]
    if event is not None:
        facts += [part for part in (presenter.wording.facts(replace(event, company=None)),) if part]
    if coverage.restates is not None:
        facts.append(texts.say("company.restated"))
    title = span(story.title or texts.say("story.untitled"), link=story.url, data=True)
    told = [part for part in (story.source, presenter.wording.reported(coverage.outlets)) if part]
    first = span(DOT.join(facts), Style.BOLD)
    return Paragraph(spans=(Span(text=f"{n}. "), first, Span(text="\n"), title, span("\n" + DOT.join(told), data=True)))


def year_of(now: datetime, zone: str) -> tuple[int, datetime]:
    """The calendar year it is for the reader, and when it began."""
    place = ZoneInfo(zone)
    year = now.astimezone(place).year
    return year, datetime(year, 1, 1, tzinfo=place)
