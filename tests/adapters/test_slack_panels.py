"""Panels that change under the finger, notices for one pair of eyes, dialogs, the App Home, message shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.channel import Channel
from bot.domain.message import Button, Field, FieldKind, Form, Message, paragraph, say
from bot.domain.request import Request
from tests.adapters.fake_slack import TEAM, FakeSlack, Room
from tests.adapters.fake_slack_rules import acts
from tests.adapters.slack_bench import NEWS, running

PANEL = Message(
    paragraphs=(paragraph("Alerts: high"),),
    buttons=((Button(label="Low", action="/settings level low"), Button(label="More", action="/more s1")),),
)
STORIES = Message(
    paragraphs=(paragraph("Eight stories"),),
    buttons=(tuple(Button(label=str(n), action=f"/more s{n}") for n in range(1, 9)),),
    stories=tuple(range(1, 9)),
)
FORM = Form(
    title="Settings of this chat, all of them",
    submit="Save",
    action="/settings",
    fields=(
        Field(key="mode", label="What", kind=FieldKind.ONE, options=(("alert", "Right away"), ("digest", "Daily")),
              chosen=("alert",)),
        Field(key="topics", label="Topics", kind=FieldKind.SEVERAL,
              options=(("ai", "AI"), ("layoffs", "Layoffs"), ("r&d", "R&D")), chosen=("ai",)),
        Field(key="quiet", label="Quiet hours", kind=FieldKind.TEXT, chosen=("22-07",)),
    ),
)  # fmt: skip
DIRECT = Channel(platform="slack", address=f"{TEAM}/D1DIRECT")


def answers(**by_text: Message) -> Callable[[Request], Message]:
    """By the first word after the slash; anything else is echoed."""
    return lambda request: by_text.get(request.text.split()[0].lstrip("/"), say(f"echo {request.text}"))


# --- in place, and toasts ---


async def test_a_panel_changes_under_the_finger() -> None:
    script = answers(panel=PANEL, settings=replace(say("Alerts: low"), in_place=True))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.command("/kabar", "panel")
        await talk.answered()
        [panel] = slack.messages
        await slack.press(panel, "Low", user="U2BUDI")
        request, _, ids = await talk.answered(2)
        assert (request.pressed, request.reply_to, request.user.id) == (True, panel.ts, "U2BUDI")
        assert [(m.shown, m.ts) for m in slack.messages] == [("Alerts: low", panel.ts)]
        assert ids == (panel.ts,)


async def test_all_parts_of_a_long_list_turn_the_page() -> None:
    page = Message(
        paragraphs=tuple(paragraph(f"{n} " + "word " * 120) for n in range(40)),
        buttons=((Button(label="Next", action="/next"),),),
    )
    script = answers(list=page, next=replace(PANEL, in_place=True))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.command("/kabar", "list")
        await talk.answered()
        first = slack.messages[0].ts
        assert len(slack.messages) > 2
        await slack.press(slack.messages[-1], "Next")
        _, _, ids = await talk.answered(2)
        assert [(m.shown, m.ts) for m in slack.messages] == [("Alerts: high", first)]
        assert ids == (first,)


async def test_a_panel_in_a_thread_grows_there() -> None:
    long = Message(paragraphs=tuple(paragraph(f"{n} " + "word " * 120) for n in range(40)), in_place=True)
    async with FakeSlack() as slack, running(slack, answers(panel=PANEL, settings=long)) as (_, talk, _book):
        await slack.mention("panel")
        await talk.answered()
        root = slack.history[0].ts
        await slack.press(slack.messages[0], "Low")
        await talk.answered(2)
        assert len(slack.messages) > 2
        assert {m.thread_ts for m in slack.messages} == {root}


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "not_in_channel"])
async def test_what_cannot_be_changed_in_place_comes_through_the_gesture(code: str) -> None:
    script = answers(panel=PANEL, settings=replace(say("Alerts: low"), in_place=True))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.command("/kabar", "panel")
        await talk.answered()
        slack.fail_next("chat.update", code)
        await slack.press(slack.messages[0], "Low")
        await talk.answered(2)
        assert [m.shown for m in slack.messages] == ["Alerts: low"]
        slack.fail_next("chat.update", code)
        slack.fail_next("response_url", status=500)
        slack.messages[0].blocks = PANEL_BLOCKS(slack)
        await slack.press(slack.messages[0], "Low")
        await talk.answered(3)
        assert len(slack.messages) == 2  # at last a new message


def PANEL_BLOCKS(slack: FakeSlack) -> list[dict]:  # noqa: N802
    """What the panel looked like."""
    return next(body["blocks"] for method, body in slack.calls if method == "chat.postMessage")


async def test_a_hidden_panel_changes_before_one_pair_of_eyes() -> None:
    script = answers(panel=PANEL, settings=replace(say("Alerts: low"), in_place=True))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.command("/kabar", "panel", channel="C2OTHER")
        await talk.answered()
        await slack.press(slack.whispers[0], "Low")
        _, _, ids = await talk.answered(2)
        assert [m.shown for m in slack.whispers] == ["Alerts: low"]
        assert (slack.messages, ids) == ([], ())


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_toast_is_for_the_one_who_pressed(in_thread: bool) -> None:
    script = answers(panel=PANEL, settings=replace(say("Noted"), toast=True))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        if in_thread:
            await slack.mention("panel")
        else:
            await slack.command("/kabar", "panel")
        await talk.answered()
        panel = slack.messages[0]
        await slack.press(panel, "Low", user="U2BUDI")
        _, _, ids = await talk.answered(2)
        [toast] = slack.whispers
        assert (toast.shown, toast.seen_by, toast.thread_ts, ids) == ("Noted", "U2BUDI", panel.thread_ts, ())
        assert (slack.messages, panel.edits) == ([panel], 0)
        slack.fail_next("response_url", status=404)
        await slack.press(panel, "Low", user="U2BUDI")
        await slack.wait_for_whispers(2)
        assert slack.whispers[1].seen_by == "U2BUDI"


async def test_a_toast_that_answers_no_button_is_a_message() -> None:
    async with FakeSlack() as slack, running(slack, replace(say("Noted"), toast=True, in_place=True)) as (_, talk, _b):
        await slack.command("/kabar", "x")
        await talk.answered()
        assert [m.shown for m in slack.messages] == ["Noted"]


async def test_a_chosen_line_types_its_action() -> None:
    row = tuple(Button(label=f"Word {n}", action=f"/word {n}") for n in range(7))
    script = answers(list=STORIES, words=Message(paragraphs=(paragraph("Words"),), buttons=(row,)))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.command("/kabar", "list")
        await talk.answered()
        envelope = await slack.choose(slack.messages[0], "7")
        request, _, _ = await talk.answered(2)
        assert (request.text, request.pressed, request.reply_to) == ("/more s7", True, slack.messages[0].ts)
        assert envelope.payload["actions"][0]["action_ts"] in request.key
        await slack.command("/kabar", "words")
        await talk.answered(3)
        await slack.choose(slack.messages[-1], "Word 6")
        assert (await talk.asked(4)).text == "/word 6"


# --- dialogs ---


@pytest.mark.parametrize("how", ["command", "press", "thread"])
async def test_a_form_is_a_dialog_and_what_it_sends_is_typed(how: str) -> None:
    settings = replace(say("Settings"), form=FORM)
    script = answers(panel=replace(PANEL, buttons=((Button(label="All", action="/form"),),)), form=settings)
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        thread = slack.said("lunch?")["ts"] if how == "thread" else ""
        if how == "command":
            await slack.command("/kabar", "form")
        else:
            await (slack.mention("panel", thread_ts=thread) if thread else slack.command("/kabar", "panel"))
            await talk.answered()
            await slack.press(slack.messages[0], "All")
        await talk.answered(1 if how == "command" else 2)
        [dialog] = slack.dialogs
        assert dialog.view["title"]["text"] == FORM.title[:24]
        assert len(slack.messages) == (0 if how == "command" else 1)
        await slack.submit(dialog, {"topics": ["ai", "r&d"], "quiet": " 23 - 06 &amp; so "})
        request, _, ids = await talk.answered(2 if how == "command" else 3)
        assert request.text == "/settings mode=alert topics=ai,r&d quiet=23 - 06 & so"
        assert request.channel == replace(NEWS, thread=thread)
        assert request.pressed is (how != "command")
        [whisper] = slack.whispers
        assert (whisper.shown, whisper.seen_by, ids) == (f"echo {request.text}", "U1ANNA", ())


async def test_an_empty_form_is_typed_too() -> None:
    async with FakeSlack() as slack, running(slack, answers(form=replace(say("x"), form=FORM))) as (_, talk, _book):
        await slack.command("/kabar", "form")
        await talk.answered()
        await slack.submit(slack.dialogs[0], {"mode": None, "topics": [], "quiet": None})
        assert (await talk.asked(2)).text == "/settings mode= topics= quiet="


async def test_a_dialog_changes_the_panel_it_was_opened_from() -> None:
    script = answers(
        panel=replace(PANEL, buttons=((Button(label="All", action="/form"),),)),
        form=replace(say("x"), form=FORM),
        settings=replace(say("Alerts: low"), in_place=True),
    )
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.command("/kabar", "panel")
        await talk.answered()
        await slack.press(slack.messages[0], "All")
        await talk.answered(2)
        await slack.submit(slack.dialogs[0], {})
        await talk.answered(3)
        assert [m.shown for m in slack.messages] == ["Alerts: low"]
        assert slack.whispers == []


@pytest.mark.parametrize("why", ["expired_trigger_id", "internal_error", "mention", "no fields"])
async def test_without_a_dialog_the_message_has_to_do(why: str) -> None:
    form = replace(FORM, fields=()) if why == "no fields" else FORM
    async with FakeSlack() as slack, running(slack, replace(say("Settings"), form=form)) as (_, talk, _book):
        if why == "mention":
            await slack.mention("settings")
        else:
            slack.fail_next("views.open", why)
            await slack.command("/kabar", "settings")
        await talk.answered()
        assert [m.shown for m in slack.messages] == ["Settings"]
        assert slack.dialogs == []


async def test_a_form_of_many_choices_fits() -> None:
    zones = tuple((f"Zone/{n}", f"Zone {n}") for n in range(400))
    several = tuple((f"v{n}", f"Label {n}") for n in range(30))
    fields = (
        Field(key="zone", label="Zone", kind=FieldKind.ONE, options=zones, chosen=("Zone/7",)),
        Field(key="many", label="Many", kind=FieldKind.SEVERAL, options=several, chosen=("v3", "gone")),
        Field(key="none", label="None", kind=FieldKind.ONE),
        Field(key="text", label="Text", kind=FieldKind.TEXT),
    )
    form = replace(FORM, fields=fields)
    async with FakeSlack() as slack, running(slack, replace(say("x"), form=form)) as (_, talk, _book):
        await slack.command("/kabar", "settings")
        await talk.answered()
        [dialog] = slack.dialogs
        kinds = [block["element"]["type"] for block in dialog.view["blocks"]]
        assert kinds == ["plain_text_input", "multi_static_select", "plain_text_input"]
        await slack.submit(dialog, {})
        assert (await talk.asked(2)).text == "/settings zone=Zone/7 many=v3 text="


async def test_a_dialog_of_somebody_else_is_nothing() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        for name, memo in (("other", ""), ("kabar_form", "[]"), ("kabar_form", "x"), ("other", '{"channel_id":"C1"}')):
            view = {"type": "modal", "id": "V1", "callback_id": name, "private_metadata": memo, "blocks": []}
            payload = {"type": "view_submission", "team": {"id": TEAM}, "user": {"id": "U1ANNA"}, "view": view}
            assert (await slack.deliver("interactive", payload)).acknowledged.is_set()
        await slack.command("/kabar", "help")
        assert (await talk.asked()).text == "/help"


# --- the App Home ---


HOME = Message(
    paragraphs=(paragraph("Your topics: AI <!channel>"),),
    buttons=((Button(label="Pause", action="/pause"), Button(label="More", action="/more s1")),),
)


async def test_the_home_shows_what_home_says() -> None:
    async with FakeSlack() as slack, running(slack, answers(home=HOME)) as (_, talk, _book):
        envelope = await slack.open_home()
        request, _, ids = await talk.answered()
        assert (request.text, request.private, request.channel) == ("/home", True, DIRECT)
        assert request.key == f"home:{envelope.payload['event_id']}"
        assert slack.homes["U1ANNA"].shown == "Your topics: AI <!channel>"
        assert acts({"blocks": slack.homes["U1ANNA"].view["blocks"]}) == []
        assert (slack.messages, ids) == ([], ())
        await slack.open_home(tab="messages")
        await slack.command("/kabar", "help")
        assert (await talk.asked(2)).text == "/help"


async def test_a_long_home_fits() -> None:
    long = replace(HOME, paragraphs=tuple(paragraph(f"story {n}") for n in range(150)))
    async with FakeSlack() as slack, running(slack, long) as (_, talk, _book):
        await slack.open_home()
        await talk.answered()
        assert len(slack.homes["U1ANNA"].view["blocks"]) == 100
        assert slack.homes["U1ANNA"].as_message.button("Pause")


async def test_what_is_pressed_at_home_acts_on_the_chat_and_the_home_shows_it() -> None:
    paused = replace(say("Paused"), toast=True)
    async with FakeSlack() as slack, running(slack, answers(home=HOME, pause=paused)) as (_, talk, _book):
        await slack.open_home()
        await talk.answered()
        before = slack.homes["U1ANNA"].id
        await slack.press_at_home("U1ANNA", "Pause")
        await talk.answered(3)
        pause, home = talk.requests[1:]
        assert (pause.text, pause.channel, pause.private, pause.pressed) == ("/pause", DIRECT, True, True)
        assert (home.text, home.channel) == ("/home", DIRECT)
        assert [dialog.shown for dialog in slack.dialogs] == ["Paused"]
        assert slack.homes["U1ANNA"].id != before
        await slack.press_at_home("U1ANNA", "More")
        await talk.answered(4)
        assert [(m.channel, m.shown) for m in slack.messages] == [("D1DIRECT", "echo /more s1")]


async def test_a_home_that_changes_in_place() -> None:
    script = answers(home=HOME, pause=replace(say("Paused until you come back"), in_place=True))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.open_home()
        await talk.answered()
        await slack.press_at_home("U1ANNA", "Pause")
        await talk.answered(2)
        assert slack.homes["U1ANNA"].shown == "Paused until you come back"


async def test_a_dialog_opened_at_home() -> None:
    home = replace(HOME, buttons=((Button(label="Settings", action="/form"),),))
    script = answers(home=home, form=replace(say("x"), form=FORM))
    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.open_home()
        await talk.answered()
        await slack.press_at_home("U1ANNA", "Settings")
        await talk.answered(2)
        await slack.submit(slack.dialogs[0], {"mode": "digest"})
        await talk.answered(4)
        typed = "/settings mode=digest topics=ai quiet=22-07"
        assert [request.text for request in talk.requests] == ["/home", "/form", typed, "/home"]
        assert slack.dialogs[1].shown == f"echo {typed}"


async def test_a_home_that_cannot_be_shown_is_no_trouble() -> None:
    async with FakeSlack() as slack, running(slack, answers(home=HOME)) as (_, talk, _book):
        slack.fail_next("views.publish", "not_enabled")
        await slack.open_home()
        await slack.command("/kabar", "x")
        request, _, _ = await talk.answered()
        assert request.text == "x"


# --- message shortcuts ---


async def test_why_this_asks_about_the_message() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        await platform.send(NEWS, say("Alert"), key="k")
        alert = slack.messages[0]
        await slack.shortcut("kabar_why", alert, user="U2BUDI")
        request, _, _ = await talk.answered()
        assert (request.text, request.reply_to, request.channel) == ("/why", alert.ts, NEWS)
        assert (request.subject, request.pressed, request.private) == ("", False, False)
        [whisper] = slack.whispers
        assert (whisper.shown, whisper.seen_by) == ("echo /why", "U2BUDI")
        assert slack.messages == [alert]


async def test_save_as_rule_brings_the_words() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        slack.rooms["C3ELSE0"] = Room("else", member=False)
        slack.said("Acme &amp; <https://acme.example|acme.example> fires 300", channel="C3ELSE0")
        message = slack.history[-1]
        await slack.shortcut("kabar_rule", message)
        request, _, _ = await talk.answered()
        assert (request.text, request.reply_to) == ("/rules from", message.ts)
        assert request.subject == "Acme & https://acme.example fires 300"
        assert request.channel == Channel(platform="slack", address=f"{TEAM}/C3ELSE0")
        assert [w.shown for w in slack.whispers] == ["echo /rules from"]


async def test_a_shortcut_in_a_thread_knows_whose_chat_it_is() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        theirs = slack.said("lunch?")["ts"]
        [ours] = await platform.send(NEWS, say("Alert"), key="k")
        for count, (root, thread) in enumerate(((theirs, theirs), (ours, "")), start=1):
            slack.said("layoffs", thread_ts=root)
            await slack.shortcut("kabar_why", slack.history[-1])
            request, _, _ = await talk.answered(count)
            assert request.channel == replace(NEWS, thread=thread)
            assert request.subject == "layoffs"


async def test_a_shortcut_of_another_name_is_nothing() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        slack.said("x")
        assert (await slack.shortcut("other", slack.history[-1])).acknowledged.is_set()
        await slack.command("/kabar", "help")
        assert (await talk.asked()).text == "/help"
