"""What people press, choose and send off in Slack, read from its payloads: buttons and menus, message shortcuts,
dialogs, the App Home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.platforms.slack.buttons import earlier_of, thread_of
from bot.platforms.slack.dialogs import DIALOG, Memo, home_channel, submitted
from bot.platforms.slack.events import Gesture, Opener, typed, unescaped

HOME = "/home"
WHY = "/why"
SHORTCUTS = {"kabar_why": WHY, "kabar_rule": "/rules from"}


def from_press(team: str, body: Mapping[str, Any]) -> Gesture | None:
    """A pressed button or a chosen line types its value; the block id says which thread's chat it belongs to."""
    action = (body.get("actions") or [{}])[0]
    text = unescaped(str((action.get("selected_option") or action).get("value") or ""))
    container, view, user = body.get("container") or {}, body.get("view") or {}, body.get("user") or {}
    at_home = view.get("type") == "home"
    named = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    channel_id = home_channel(view) if at_home else named
    if not text or not channel_id:
        return None
    block = str(action.get("block_id") or "")
    message_ts, inside = str(container.get("message_ts") or ""), str(container.get("thread_ts") or "")
    private = channel_id.startswith("D")
    hidden = bool(container.get("is_ephemeral"))  # seen by one person: there is nothing to open a thread under
    return Gesture(
        team=team,
        channel_id=channel_id,
        user_id=str(user.get("id") or ""),
        user_name=_name(user),
        text=text,
        key=f"press:{action.get('action_ts')}:{block}:{user.get('id')}",
        private=private,
        thread=thread_of(block),
        opener=Opener.OTHER if thread_of(block) else Opener.BOT,
        answer_in=inside if private or hidden else inside or message_ts,
        reply_to=message_ts or None,
        earlier=earlier_of(block),
        response_url=str(body.get("response_url") or "") or None,
        trigger_id=str(body.get("trigger_id") or ""),
        pressed=True,
        hidden=hidden,
        at_home=at_home,
    )


def from_shortcut(team: str, body: Mapping[str, Any]) -> Gesture | None:
    """A message shortcut asks about any message; the answer is for the one who asked. The message's words go along,
    for `/why` only a person's: what the bot wrote is found by its id."""
    text = SHORTCUTS.get(str(body.get("callback_id") or ""))
    channel_id = str((body.get("channel") or {}).get("id") or "")
    message, user = body.get("message") or {}, body.get("user") or {}
    ts = str(body.get("message_ts") or message.get("ts") or "")
    if text is None or not channel_id or not ts:
        return None
    known, inside = text == WHY and message.get("bot_id"), str(message.get("thread_ts") or "")
    return Gesture(
        team=team,
        channel_id=channel_id,
        user_id=str(user.get("id") or ""),
        user_name=_name(user),
        text=text,
        key=f"shortcut:{body.get('trigger_id') or body.get('action_ts')}",
        private=channel_id.startswith("D"),
        thread=inside if inside != ts else "",
        opener=None if inside not in ("", ts) else Opener.BOT,
        answer_in=inside,
        reply_to=ts,
        response_url=str(body.get("response_url") or "") or None,
        trigger_id=str(body.get("trigger_id") or ""),
        discreet=True,
        subject="" if known else typed(str(message.get("text") or "")),
    )


def from_submission(team: str, body: Mapping[str, Any]) -> Gesture | None:
    """A dialog of ours that was sent off types its action and its values, where the gesture was made that opened it."""
    view, user = body.get("view") or {}, body.get("user") or {}
    memo = Memo.read(view)
    if view.get("callback_id") != DIALOG or memo is None:
        return None
    return Gesture(
        team=team,
        channel_id=memo.channel_id,
        user_id=str(user.get("id") or ""),
        user_name=_name(user),
        text=submitted(view, memo.action),
        key=f"submit:{view.get('id')}:{user.get('id')}",
        private=memo.channel_id.startswith("D"),
        thread=memo.thread,
        opener=Opener.OTHER if memo.thread else Opener.BOT,
        answer_in=memo.answer_in,
        reply_to=memo.reply_to or None,
        earlier=memo.earlier,
        response_url=memo.response_url or None,
        trigger_id=str(body.get("trigger_id") or ""),
        pressed=bool(memo.reply_to),
        hidden=memo.hidden,
        discreet=True,
        at_home=memo.at_home,
        submitted=True,
    )


def from_home(team: str, body: Mapping[str, Any]) -> Gesture | None:
    """Somebody looks at the App Home, which shows what the chat with the bot has set."""
    event = body.get("event") or {}
    channel_id = str(event.get("channel") or "")
    if event.get("tab", "home") != "home" or not channel_id or not event.get("user"):
        return None
    return home(team, channel_id, str(event["user"]), f"home:{body.get('event_id')}")


def home(team: str, channel_id: str, user_id: str, key: str) -> Gesture:
    return Gesture(team=team, channel_id=channel_id, user_id=user_id, text=HOME, key=key, private=True, at_home=True)


def _name(user: Mapping[str, Any]) -> str:
    return str(user.get("name") or user.get("username") or "")
