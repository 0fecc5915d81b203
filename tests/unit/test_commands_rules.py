"""/rules: what there is, what a headline makes of it, what a new rule would change, what thumbs say."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.channel import User
from bot.domain.message import Message, Style
from bot.domain.story import Item, Topic
from bot.domain.subscription import Mode
from bot.domain.verdict import Level
from bot.editorial.rules.loader import load
from bot.ports import Opinion
from bot.services import rule_list
from bot.services.proposals import Record, decisive, records, suggested
from bot.services.rule_from import candidates
from bot.services.trial import OWN_FILE, Draft, NotARule, alone, block, free_id, with_points
from bot.texts import Texts
from tests.builders import DAY, HOUR, NOW, a_reason, a_score, patient
from tests.unit.askroom import DESK, HERE, LANGUAGES, Room, a_newsy_day, a_room, actions, titled
from tests.unit.facts import shipped

WHY = {"en": "mentions it", "id": "menyebutnya"}


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Room]:
    async with a_room(tmp_path) as room:
        yield room


@pytest.fixture
async def room(empty: Room) -> Room:
    await a_newsy_day(empty)
    return empty


def said(key: str, language: str = "en", **values: object) -> str:
    return Texts(language).say(key, **values)


def block_in(answer: Message) -> str:
    """The TOML that is to be saved."""
    found = [
        s.text for part in answer.paragraphs for s in part.spans if Style.CODE in s.styles and "[[rule]]" in s.text
    ]
    assert len(found) == 1
    return found[0]


def problems_of_own_rules(text: str) -> list[str]:
    """What loading the block and running its examples says, beside the shipped rules."""
    book = load({**shipped().files, OWN_FILE: text})
    return [str(problem) for problem in book.run_examples() if "own." in str(problem)]


# --- what there is ----------------------------------------------------------------------------------------------------


def test_every_rule_of_the_files_is_listed() -> None:
    book = shipped()
    listed = rule_list.written(book)
    ids = {head.id for head in book.heads} | {adjustment.head.id for adjustment in book.adjustments}
    assert {rule.id for rule in listed} == ids
    topics = rule_list.by_topic(listed)
    assert sum(one.rules + one.vetoes for one in topics) == len(listed)
    assert "people" in rule_list.lists(book)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_overview_names_topics_thresholds_and_files(empty: Room, language: str) -> None:
    answer = await empty.ask("/rules", language=language)
    for topic in Topic:
        assert said(f"topic.{topic.value}", language) in answer.text
    scale = {level.value: f"{shipped().topics[Topic.AI].thresholds[level]:g}" for level in Level}
    assert said("rules.scale", language, **scale) in answer.text
    assert "layoffs.en.toml" in answer.text
    assert actions(answer) == [f"/rules {topic.value} +1" for topic in Topic]


@pytest.mark.parametrize("asked", ["layoffs", "phk", "LAYOFFS"])
async def test_a_topic_lists_its_rules_a_page_at_a_time(empty: Room, asked: str) -> None:
    first = await empty.ask(f"/rules {asked}")
    assert first.paragraphs[1].text.count("\n") == 11
    assert not first.in_place
    second = await empty.ask(f"/rules {asked} +2", pressed=True)
    assert second.in_place
    assert second.paragraphs[1].text != first.paragraphs[1].text
    last = await empty.ask(f"/rules {asked} +99")
    assert last.paragraphs[1].text.count("\n") <= 11


@pytest.mark.parametrize("language", LANGUAGES)
async def test_words_find_rules_by_phrase_reason_or_id(empty: Room, language: str) -> None:
    for asked in ("made redundant", "jobs are being cut", "phk pengurangan tenaga"):
        assert "layoffs.job-cuts.en" in (await empty.ask(f"/rules {asked}", language=language)).text
    answer = await empty.ask("/rules LAYOFFS.JOB-CUTS.EN", language=language)
    assert answer.paragraphs[0].text == "layoffs.job-cuts.en"
    assert "made redundant" in answer.text
    assert said("rules.key.speaks", language) in answer.text


@pytest.mark.parametrize("rule", rule_list.written(shipped()), ids=lambda rule: rule.id)
async def test_every_rule_can_be_shown(rule: rule_list.Written, empty: Room) -> None:
    for language in LANGUAGES:
        answer = await empty.ask(f"/rules {rule.id}", language=language)
        assert rule.why[language] in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_unknown_words_say_so(empty: Room, language: str) -> None:
    assert (await empty.ask("/rules qwertz", language=language)).text == said("rules.none", language, words="qwertz")
    near = await empty.ask("/rules layoffs.job-cut.en", language=language)
    assert near.text == said("rules.close", language, words="layoffs.job-cut.en", close="layoffs.job-cuts.en")


# --- /rules test ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_headline_is_scored_in_every_topic(empty: Room, language: str) -> None:
    await empty.set(topics=frozenset({Topic.TECH_LAYOFFS}), mode=Mode.ALERT)
    answer = await empty.ask('/rules test "Gojek PHK 1.300 karyawan"', language=language)
    assert "tech.company" in answer.text
    assert said("rules.found_nothing", language, topics="AI") in answer.text
    assert said("rules.would_come", language) in answer.text
    assert "1,300" in answer.text or "1.300" in answer.text
    other = await empty.ask("/aturan uji Town council opens a swimming pool", language=language)
    assert said("rules.would_not_come", language) in other.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_headline_is_needed(empty: Room, language: str) -> None:
    assert (await empty.ask("/rules test", language=language)).text == said("rules.test_what", language)
    assert "ai.word" in (await empty.ask("/rules test", subject="Farmers discuss AI", language=language)).text


# --- /rules try -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_rule_is_tried_on_the_stored_month(room: Room, language: str) -> None:
    await room.publish("wire", titled("Old swimming pool closed", at=NOW - 40 * DAY), at=NOW - 40 * DAY)
    answer = await room.ask('/rules try ai 6 "swimming pool(s)"', language=language)
    sums = {
        "gained": said("rules.of_thousand", language, stories="1", share="111.1" if language == "en" else "111,1"),
        "lost": said("rules.of_thousand", language, stories="0", share="0"),
    }
    assert said("rules.trial_sum", language, count=9, **sums) in answer.text
    assert answer.stories == (6,)
    assert "swimming pool" in (await room.ask("/more 1")).text
    text = block_in(answer)
    assert problems_of_own_rules(text) == []
    assert 'speaks = ["Town council opens a new swimming pool"' in text


async def test_a_damper_loses_what_it_takes_below(room: Room) -> None:
    answer = await room.ask('/rules try ai -6 "poems"')
    assert said("rules.lost") in answer.text
    assert answer.stories == (7,)
    assert problems_of_own_rules(block_in(answer)) == []


async def test_what_a_topic_comes_after_counts_too(room: Room) -> None:
    """A tech word alone makes no tech layoff: the story must be of job cuts."""
    answer = await room.ask('/rules try tech-layoffs 9 "village/swimming"')
    assert "nothing" in answer.paragraphs[1].text
    assert problems_of_own_rules(block_in(answer)) == []


@pytest.mark.parametrize(
    "asked",
    [
        'ai 6 "swimming pool"',
        '6 "swimming pool" ai',
        "“swimming pool” AI +6",
        "ai 6 swimming pool",
        "AI 6,0 «swimming pool»",
        'ai 6 "new" near 3 "pool"',
        'ai 6 near 3 "pool" "new"',
        'ai 6 "new" dekat 3 "pool" bukan "new car"',
        'ai 6 "swimming pool" not "empty swimming pool"',
    ],
)
async def test_a_rule_may_be_typed_in_any_order(room: Room, asked: str) -> None:
    answer = await room.ask(f"/rules try {asked}")
    assert answer.stories == (6,)
    assert problems_of_own_rules(block_in(answer)) == []


@pytest.mark.parametrize(
    ("asked", "missing"),
    [("", "topic"), ('6 "pool"', "topic"), ('ai "pool"', "points"), ("ai 6", "phrase"), ('ai 6 ""', "phrase")],
)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_missing_is_named(empty: Room, asked: str, missing: str, language: str) -> None:
    expected = said("rules.try_how", language, missing=said(f"rules.missing.{missing}", language))
    assert (await empty.ask(f"/rules try {asked}", language=language)).text == expected


@pytest.mark.parametrize(
    ("asked", "key", "values"),
    [
        ('ai 0 "pool"', "rules.bad_points", {"most": 50}),
        ('ai 99 "pool"', "rules.bad_points", {"most": 50}),
        ('ai 6 "pool" quux', "rules.try_word", {"word": "quux"}),
        ('ai 6 "((("', "rules.bad_phrase", {"phrase": "((("}),
        ('ai 6 "#"', "rules.bad_phrase", {"phrase": "#"}),
        ('ai 6 "a/ b"', "rules.bad_phrase", {"phrase": "a/ b"}),
        ('ai 6 "pool" not "((("', "rules.bad_phrase", {"phrase": "((("}),
        (f'ai 6 "{"(a)" * 30}"', "rules.too_long", {"most": 120}),
        (f'ai 6 "{"pool " * 30}"', "rules.too_long", {"most": 120}),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_wrong_rule_is_answered_with_a_sentence(
    empty: Room, asked: str, key: str, values: dict[str, object], language: str
) -> None:
    assert (await empty.ask(f"/rules try {asked}", language=language)).text == said(key, language, **values)


async def test_a_list_that_no_file_defines_is_told(empty: Room) -> None:
    answer = await empty.ask('/rules try layoffs 5 "@nobody"')
    assert answer.text.startswith(said("rules.not_a_rule", why="").strip())
    assert "@nobody" in answer.text
    assert block_in(await empty.ask('/rules try layoffs 5 "@people"'))


async def test_one_trial_at_a_time(room: Room) -> None:
    first, second = await asyncio.gather(
        room.ask('/rules try ai 6 "swimming pool"'), room.ask('/rules try ai 6 "swimming pool"')
    )
    assert sorted((first.text, second.text), key=len)[0] == said("rules.busy")


@given(
    st.text(min_size=1, max_size=60),
    st.none() | st.text(min_size=1, max_size=30),
    st.sampled_from(list(Topic)),
    st.integers(-500, 500).filter(bool),
)
@patient
def test_every_block_that_is_read_is_valid(phrase: str, near: str | None, topic: Topic, tenths: int) -> None:
    """Whatever is in a phrase, the block is TOML that says exactly that, or it is refused."""
    draft = Draft(topic=topic, points=tenths / 10, phrase=phrase, near=near, within=3)
    if draft.phrase.count("(") + draft.phrase.count("/") > 6:
        return
    identity = free_id(draft, shipped())
    text = block(draft, WHY, identity=identity, speaks=[phrase], silent=["x"])
    table = tomllib.loads(text)["rule"][0]
    assert (table["id"], table["points"], table["topic"]) == (identity, tenths / 10, topic.value)
    with suppress(NotARule):
        assert alone(text, shipped())[0].head.id == identity


def test_a_taken_id_gets_a_number() -> None:
    draft = Draft(topic=Topic.AI, points=5, phrase="robot taxi(s)")
    assert draft.id == "own.robot-taxi-s"
    book = load({**shipped().files, OWN_FILE: block(draft, WHY, identity=draft.id)})
    assert free_id(draft, book) == "own.robot-taxi-s-2"


# --- /rules from ------------------------------------------------------------------------------------------------------


def test_phrases_of_a_text_are_telling_words_in_a_row() -> None:
    assert candidates("Robot taxis take over the streets of Jakarta")[:2] == ["Robot taxis", "taxis take"]
    assert candidates("The 300 of 20") == []
    assert candidates("Chips!") == ["Chips"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_rule_is_made_of_a_text(empty: Room, language: str) -> None:
    stories = [titled(f"Robot taxis in town {n}", n) for n in range(2)]
    await empty.publish("wire", *stories, titled("Taxis take the bridge"), apart=True)
    answer = await empty.ask("/rules from Robot taxis take over the streets of Jakarta", language=language)
    text = block_in(answer)
    assert tomllib.loads(text)["rule"][0]["any"] == ["Robot taxis"]
    assert problems_of_own_rules(text) == []
    assert actions(answer) == ['/rules try ai 6 "Robot taxis"']
    same = await empty.ask("/aturan dari", subject="Robot taxis take over the streets of Jakarta", language=language)
    assert block_in(same) == text


@pytest.mark.parametrize("text", ["https://x.example/a-b Robot taxis", "Robot taxis <https://x.example/c?d=e>"])
async def test_a_rule_is_made_of_words_and_not_of_an_address(empty: Room, text: str) -> None:
    rule = tomllib.loads(block_in(await empty.ask("/rules from", subject=text)))["rule"][0]
    assert (rule["any"], set(rule["speaks"])) == (["Robot taxis"], {"Robot taxis"})
    assert (await empty.ask("/rules from", subject="https://x.example/a")).text == said("rules.from_what")


async def test_a_rule_is_made_of_the_story_that_is_replied_to(room: Room) -> None:
    await room.ask("/more s6")
    answer = await room.ask("/rules from", reply_to=f"m{len(room.answers)}")
    assert "swimming pool" in block_in(answer) or "council" in block_in(answer)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_text_and_no_phrase_are_answered(empty: Room, language: str) -> None:
    assert (await empty.ask("/rules from", language=language)).text == said("rules.from_what", language)
    nothing = await empty.ask("/rules from 123", language=language)
    assert nothing.text == said("rules.from_nothing", language, text="123")


# --- /rules proposed --------------------------------------------------------------------------------------------------


def test_a_rule_is_decisive_when_a_topic_is_lost_without_it() -> None:
    strong, weak = a_reason("ai.word", 4.0), a_reason("ai.maker", 2.0)
    scores = {Topic.AI: a_score(Topic.AI, 6.0, [strong, weak])}  # 5 are needed
    assert [reason for _topic, _score, reason in decisive(scores)] == [strong, weak]
    sure = {Topic.AI: a_score(Topic.AI, 12.0, [a_reason("ai.word", 9.0), a_reason("ai.maker", 3.0)])}
    assert [reason.rule for _topic, _score, reason in decisive(sure)] == ["ai.word"]
    miss = {Topic.AI: a_score(Topic.AI, 4.0, [strong])}
    assert decisive(miss) == []


def test_more_down_than_up_by_two_events_at_least() -> None:
    record = Record(Topic.AI, down=[1], misses=[4.0])
    assert suggested(record, 5.0) is None, "one event is a whim"
    assert suggested(Record(Topic.AI, down=[1, 2], up=[3, 4], misses=[4.0, 4.0]), 5.0) is None
    assert suggested(Record(Topic.AI, down=[1, 2], up=[3], misses=[4.3, 3.9]), 5.0) == 3.5
    assert suggested(Record(Topic.AI, down=[1, 2], misses=[-2.0, 0.3]), 5.0) == 1.0
    assert suggested(Record(Topic.AI, down=[1, 2], misses=[5.4, 5.2]), 5.0) is None


def test_thumbs_are_counted_by_the_rule_that_decided() -> None:
    heads = {rule.head.id: rule.head for rule in shipped().rules}
    scores = {Topic.AI: a_score(Topic.AI, 9.0, [a_reason("ai.word", 9.0)])}
    found = records(
        [
            (Opinion(coverage_id=n, up=up, down=down), scores)
            for n, (up, down) in enumerate([(0, 1), (1, 3), (2, 1), (1, 1)])
        ],
        heads,
    )
    assert (found["ai.word"].down, found["ai.word"].up) == ([0, 1], [2])


def test_a_rule_worth_less_scores_less_and_nothing_else_changes() -> None:
    book = with_points(shipped(), "ai.word", 3.0)
    item = Item(title="Farmers discuss AI")
    assert (shipped().judge(item, None).topics[Topic.AI].score, book.judge(item, None).topics[Topic.AI].score) == (9, 3)
    other = Item(title="Spotify lays off 300 employees")
    assert book.judge(other, None) == shipped().judge(other, None)


async def dislike(room: Room, *stories: int, name: str = "bad", people: int = 2) -> None:
    for story in stories:
        for person in range(people):
            await room.ask(f"/{name} s{story}", user=User(id=str(person)))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_thumbs_become_a_proposal_with_its_price(empty: Room, language: str) -> None:
    titles = ["Farmers discuss AI", "Poets discuss AI", "Bakers discuss AI", "Sailors discuss AI"]
    await empty.publish("wire", *[titled(title) for title in titles], apart=True)
    by_title = {}
    for title in titles:
        by_title[title] = (await empty.ask(f"/search {title}")).stories[0]
    await dislike(empty, by_title["Farmers discuss AI"], by_title["Poets discuss AI"])
    await dislike(empty, by_title["Bakers discuss AI"], name="good")
    answer = await empty.ask("/rules proposed", channel=DESK, language=language)
    after = said(
        "rules.proposal", language, down=2, up=1, before=9, after="5.5" if language == "en" else "5,5", file="ai.toml"
    )
    assert after in answer.text
    assert said("rules.proposal_cost", language, rated=2, others=2) in answer.text
    assert set(answer.stories) == set(by_title.values())
    assert said("rules.proposals_how", language) in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_opinions_are_for_the_operator_only(empty: Room, language: str) -> None:
    assert (await empty.ask("/rules proposed", language=language)).text == said("rules.operator_only", language)
    answer = await empty.ask("/aturan usulan", channel=DESK, language=language)
    assert answer.text == said("rules.no_proposals", language, count=0)


async def test_old_thumbs_count_no_more(empty: Room) -> None:
    await empty.publish("wire", titled("Farmers discuss AI"), titled("Poets discuss AI"), apart=True)
    await dislike(empty, 1, 2)
    empty.clock.tick(91 * DAY)
    assert (await empty.ask("/rules proposed", channel=DESK)).text == said("rules.no_proposals", count=0)
    empty.clock.tick(-91 * DAY + HOUR)
    assert (await empty.ask("/rules proposed", channel=DESK)).stories
    assert (await empty.store.chats.meet(HERE)).id
