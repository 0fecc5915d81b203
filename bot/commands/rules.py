"""/rules: what decides; /rules WORDS or ID; /rules test "a headline"; /rules try …; /rules from; /rules proposed."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from bot.commands.asking import LONGEST_ACTION, Page, echoed, page_in, typed, unquoted
from bot.commands.command import Command, Context, topics_in, words_of
from bot.commands.rules_try import from_text, try_rule
from bot.domain.message import Button, Message, Role, paragraph
from bot.domain.story import Item
from bot.services import present_rules, rule_list
from bot.services.proposals import LOOK_BACK, proposed
from bot.services.trial import LOOK_BACK as MONTH

A_PAGE = 12
TEST = frozenset({"test", "uji", "tes", "score", "nilai"})
TRY = frozenset({"try", "coba"})
FROM = frozenset({"from", "dari"})
PROPOSED = frozenset({"proposed", "proposals", "usulan", "usul"})


async def run(words: list[str], context: Context) -> Message:
    asked = typed(words, context)
    first, _, rest = asked.partition(" ")
    low = first.lower()
    if low in TEST:
        return _tested(unquoted(rest), context)
    if low in TRY:
        return await try_rule(rest, context)
    if low in FROM:
        return await from_text(unquoted(rest), context)
    if low in PROPOSED and not rest:
        return await _proposed(context)
    return _listed(asked, context)


def _listed(asked: str, context: Context) -> Message:
    book = context.kit.rules()
    rules = rule_list.written(book)
    asked, page = page_in(asked, A_PAGE)
    asked = unquoted(asked)
    if not asked:
        return present_rules.overview(rule_list.by_topic(rules), book.topics, context.texts)
    exact = [rule for rule in rules if rule.id.casefold() == asked.casefold()]
    if exact:
        return present_rules.one_rule(exact[0], context.texts)
    topics, others = topics_in(words_of(asked))
    found = rule_list.search(rules, " ".join(others), topics) or rule_list.search(rules, asked)
    if not found:
        close = get_close_matches(asked.casefold()[:60], [rule.id for rule in rules], n=1, cutoff=0.6)
        key = "rules.close" if close else "rules.none"
        raise context.refuse(key, words=echoed(asked), close="".join(close))
    if len(found) == 1:
        return present_rules.one_rule(found[0], context.texts)
    return _page(asked, found, page, context)


def _page(asked: str, found: list[rule_list.Written], page: Page, context: Context) -> Message:
    say = context.texts.say
    pages = -(-len(found) // A_PAGE)
    page = replace(page, number=min(page.number, pages))
    parts = [paragraph(say("rules.found", words=echoed(asked), count=len(found)), role=Role.HEADING)]
    parts.append(present_rules.rule_lines(found[page.first : page.end], context.texts))
    parts.append(paragraph(say("rules.show_one", id=found[page.first].id), role=Role.FOOTER))
    beside = ((page.number - 1, "page.earlier"), (page.number + 1, "page.later"))
    turns = [
        Button(label=say(key, page=number), action=f"/rules {asked} +{number}")
        for number, key in beside
        if 1 <= number <= pages and len(f"/rules {asked} +{number}".encode()) <= LONGEST_ACTION
    ]
    in_place = page.turned and context.request.pressed
    return Message(paragraphs=tuple(parts), buttons=(tuple(turns),) if turns else (), in_place=in_place)


def _tested(headline: str, context: Context) -> Message:
    """What the rules make of a headline, as if an outlet had just published it."""
    headline = echoed(headline or context.request.subject, 300)
    if not headline:
        raise context.refuse("rules.test_what")
    book, judge, prefs = context.kit.rules(), context.kit.judge, context.chat.preferences
    item = Item(title=headline)
    language = judge.detect(item, None)
    verdict = book.judge(item, language)
    wanted = {
        topic: (cleared := verdict.topics[topic].clears) is not None and cleared.rank >= prefs.level.rank
        for topic in prefs.topics
    }
    event = judge.event(item, language, verdict)
    return present_rules.tested(headline, verdict, context.presenter, context.texts, event=event, wanted=wanted)


async def _proposed(context: Context) -> Message:
    """For the operator only: it shows what people of other chats thought."""
    kit = context.kit
    if not kit.access.is_operator(context.request.channel):
        raise context.refuse("rules.operator_only")
    opinions = await kit.thumbs.since(context.now - LOOK_BACK)
    found = await proposed(kit.stories, opinions, kit.rules(), context.now - MONTH)
    return present_rules.proposals(found, len(opinions), context.texts)


COMMAND = Command(name="rules", run=run, aliases=("aturan",))
