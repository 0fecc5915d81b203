"""/layoffs [week|month|year] [id|en] [tech]: the biggest job cuts of a time as a table, their sum and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches

from bot.commands.asking import echoed
from bot.commands.command import Command, Context
from bot.domain.event import EventKind
from bot.domain.message import Attachment, Button, Message, Role, paragraph
from bot.domain.story import Language
from bot.services import present_cuts
from bot.services.job_cuts import Overview, Period, overview
from bot.services.present import BUTTONS_A_ROW

PERIODS: Mapping[str, Period] = {
    "week": Period.WEEK,
    "weekly": Period.WEEK,
    "minggu": Period.WEEK,
    "pekan": Period.WEEK,
    "7d": Period.WEEK,
    "month": Period.MONTH,
    "monthly": Period.MONTH,
    "bulan": Period.MONTH,
    "30d": Period.MONTH,
    "year": Period.YEAR,
    "yearly": Period.YEAR,
    "tahun": Period.YEAR,
}
LANGUAGES: Mapping[str, Language] = {
    "id": Language.ID,
    "indonesia": Language.ID,
    "indonesian": Language.ID,
    "en": Language.EN,
    "english": Language.EN,
    "inggris": Language.EN,
}
TECH = frozenset({"tech", "tek", "teknologi", "technology"})
IDLE = frozenset({"this", "last", "the", "of", "ini", "lalu", "in", "layoffs", "phk", "tech-layoffs", "phk-teknologi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    period: Period = Period.MONTH
    language: Language | None = None
    tech: bool = False

    @property
    def words(self) -> str:
        """What a button types for the same question."""
        parts = [self.period.value, self.language.value if self.language else "", "tech" if self.tech else ""]
        return " ".join(part for part in parts if part)


def asked_in(words: list[str], context: Context) -> Asked:
    """Period, language and trade, in any order. CommandError for a word that is none of them."""
    asked = Asked()
    for word in words:
        low = word.lower().strip("#.!?")
        if low in ("tech-layoffs", "phk-teknologi") or low in TECH:
            asked = replace(asked, tech=True)
        elif low in PERIODS:
            asked = replace(asked, period=PERIODS[low])
        elif low in LANGUAGES:
            asked = replace(asked, language=LANGUAGES[low])
        elif low and low not in IDLE:
            close = get_close_matches(low[:20], (*PERIODS, *LANGUAGES, *TECH), n=1, cutoff=0.75)
            if close:
                raise context.refuse("cuts.close", word=echoed(word, 40), close=close[0])
            raise context.refuse("cuts.unknown", word=echoed(word, 40))
    return asked


async def run(words: list[str], context: Context) -> Message:
    asked = asked_in(words, context)
    since = asked.period.since(context.now, context.zone)
    until = context.now + timedelta(seconds=1)
    found = await context.kit.stories.job_cuts(since=since, until=until, language=asked.language)
    kept = [one for one in found if one.event.tech or not asked.tech]
    seen = overview(kept, asked.period, context.now, context.zone)
    texts, what = context.texts, _what(asked, context)
    heading = paragraph(present_cuts.heading(seen, texts, what), role=Role.HEADING)
    periods = tuple(
        Button(label=texts.say(f"cuts.period.{one.value}"), action=f"/layoffs {replace(asked, period=one).words}")
        for one in Period
        if one is not asked.period
    )
    if not seen.events:
        nothing = paragraph(texts.say("cuts.nothing"))
        return Message(paragraphs=(heading, nothing, *present_cuts.totals(seen.total, texts)), buttons=(periods,))
    shown = seen.events[: present_cuts.ROWS]
    ids = [one.coverage_id for one in shown]
    parts = [heading, present_cuts.table(shown, texts, context.zone), *present_cuts.totals(seen.total, texts)]
    unsure = any(one.event.kind is EventKind.RUMOUR for one in shown)
    parts.append(paragraph(texts.say("cuts.hint" if unsure else "list.hint"), role=Role.FOOTER))
    numbers = [Button(label=str(n), action=f"/more s{one}") for n, one in enumerate(ids, start=1)]
    rows = [tuple(numbers[at : at + BUTTONS_A_ROW]) for at in range(0, len(numbers), BUTTONS_A_ROW)]
    return Message(
        paragraphs=tuple(parts),
        buttons=(*rows, periods),
        stories=tuple(ids),
        numbered=True,
        attachment=await _picture(seen, context, what),
    )


def _what(asked: Asked, context: Context) -> str:
    """`Job cuts`, `Tech layoffs`, `Job cuts in Indonesian news`"""
    say = context.texts.say
    what = say("cuts.what.tech" if asked.tech else "cuts.what.all")
    return say(f"cuts.in_language.{asked.language.value}", what=what) if asked.language else what


async def _picture(seen: Overview, context: Context, what: str) -> Attachment | None:
    """None where there is nothing to draw, or nobody to draw it now: the table says the same."""
    chart = present_cuts.chart(seen, context.texts, what)
    picture = await context.kit.draw(chart) if chart is not None else None
    if chart is None or not picture:
        return None
    caption = context.texts.say("cuts.chart.caption", title=chart.title)
    return Attachment(name="kabar-layoffs.png", media_type="image/png", content=picture, caption=caption)


COMMAND = Command(name="layoffs", run=run, aliases=("phk", "layoff"))
