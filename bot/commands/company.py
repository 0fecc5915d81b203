"""/company NAME: the job cuts of one employer, newest first, and what its year adds up to."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches

from bot.commands.asking import echoed, fits, listed, page_in, typed, unquoted
from bot.commands.command import Command, Context
from bot.domain.message import Button, Message, Paragraph, Role, paragraph
from bot.services.job_cuts import total
from bot.services.present_cuts import timeline_entry, totals, year_of

A_PAGE = 5
RECENT, LONG = timedelta(days=30), timedelta(days=366)
SUGGESTED, OFFERED = 6, 3


async def run(words: list[str], context: Context) -> Message:
    asked, page = page_in(typed(words, context), A_PAGE)
    name = unquoted(asked)
    if not name:
        return await _which(context)
    employer = context.kit.judge.employer(name)
    if employer is None:
        raise context.refuse("company.no_name", name=echoed(name))
    found = await context.kit.stories.of_employer(employer, limit=page.end + 1)
    if not found:
        return await _unknown(name, employer, context)
    shown = found[page.first : page.end]
    if not shown:
        return Message(paragraphs=(paragraph(context.texts.say("company.no_more", name=echoed(name))),))
    presenter, texts = context.presenter, context.texts
    parts = [paragraph(texts.say("company.heading", name=_shown(name, employer, context)), role=Role.HEADING)]
    parts += await _year(employer, context)
    parts += [
        timeline_entry(n, coverage, presenter, texts, context.zone)
        for n, coverage in enumerate(shown, start=page.first + 1)
    ]
    parts.append(paragraph(texts.say("list.hint"), role=Role.FOOTER))
    ids = [coverage.id for coverage in found[: page.end]]
    action, more = f"/company {name}", len(found) > page.end
    return listed(parts, ids, page, action=action, more=more, context=context)


async def _year(employer: str, context: Context) -> list[Paragraph]:
    """What the year adds up to, restated numbers once."""
    year, began = year_of(context.now, context.zone)
    until = context.now + timedelta(seconds=1)
    found = await context.kit.stories.job_cuts(since=began, until=until, employer=employer)
    this_year = [one for one in found if one.when >= began]
    if not this_year:
        return [paragraph(context.texts.say("company.quiet_year", year=str(year)))]
    return [paragraph(context.texts.say("company.year", year=str(year))), *totals(total(this_year), context.texts)]


def _shown(name: str, employer: str, context: Context) -> str:
    """As the table of companies writes it, else as it was typed."""
    known = {company for group in context.kit.rules().companies.groups.values() for company in (c.name for c in group)}
    return employer if employer in known else echoed(name)


async def _unknown(name: str, employer: str, context: Context) -> Message:
    """A company of the table had no job cuts; another name may be a part of one that had, or misspelt."""
    say, offers = context.texts.say, [Button(label=context.texts.say("company.search"), action=f"/search {name}")]
    close = await _longer(name, context)
    if not close and not _is_known(employer, context):
        close = _close(name, context)
    if close:
        text = say("company.close", name=echoed(name), close=close[0])
        offers = [Button(label=one, action=f"/company {one}") for one in close] + offers
    else:
        text = say("company.nothing", name=_shown(name, employer, context))
    return Message(paragraphs=(paragraph(text),), buttons=tuple((one,) for one in offers if fits(one.action)))


def _is_known(employer: str, context: Context) -> bool:
    groups = context.kit.rules().companies.groups.values()
    return any(company.name == employer for group in groups for company in group)


async def _longer(name: str, context: Context) -> list[str]:
    """Employers with job cuts of the last year whose name holds all these words, the one in the news most first."""
    words, names = set(name.casefold().split()), await context.kit.stories.companies(context.now - LONG)
    return [one for one in names if words < set(one.casefold().split())][:OFFERED]


def _close(name: str, context: Context) -> list[str]:
    """Companies of the table that are spelt nearly like this, by the name they are listed under."""
    owner = {
        alias.casefold(): company.name
        for group in context.kit.rules().companies.groups.values()
        for company in group
        for alias in company.names
    }
    near = get_close_matches(name.casefold()[:60], owner, n=OFFERED, cutoff=0.75)
    return list(dict.fromkeys(owner[one] for one in near))


async def _which(context: Context) -> Message:
    """Asks back, with the companies that were in the news lately."""
    names = list(await context.kit.stories.companies(context.now - RECENT))[:SUGGESTED]
    buttons = [Button(label=echoed(name, 30), action=f"/company {name}") for name in names if fits(f"/company {name}")]
    rows = tuple(tuple(buttons[at : at + 3]) for at in range(0, len(buttons), 3))
    return Message(paragraphs=(paragraph(context.texts.say("company.what")),), buttons=rows)


COMMAND = Command(name="company", run=run, aliases=("perusahaan",))
