"""Stories to choose one from, where the bot itself is no member: what the words find, else the latest ones."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.command import Kit
from bot.domain.request import Request
from bot.domain.story import Topic
from bot.domain.subscription import Preferences
from bot.ports import Offer
from bot.services.present import Presenter, clip
from bot.services.questions import answers
from bot.texts import Texts

OFFERED = 10
TITLE, DESCRIPTION = 120, 200


async def stories_to_share(request: Request, kit: Kit) -> list[Offer]:
    """Each with the whole message: no buttons, since there is nobody to press them for."""
    chat = await kit.chats.find(request.channel)
    prefs = chat.preferences if chat else Preferences()
    texts = Texts(prefs.language or request.language or kit.language)
    if text := request.text.strip():
        ids = await answers(text, stories=kit.stories, judge=kit.judge, language=kit.language, limit=OFFERED)
        found = await kit.stories.coverages(ids)
    else:
        found = await kit.stories.latest(sorted(prefs.topics) or list(Topic), level=prefs.level, limit=OFFERED)
    presenter = Presenter(texts, prefs.zone or kit.zone, kit.clock())
    return [
        Offer(
            id=f"s{coverage.id}",
            title=clip(coverage.lead.title, TITLE) or texts.say("story.untitled"),
            description=clip(presenter.origin(coverage), DESCRIPTION),
            message=replace(presenter.alert(coverage, ()), buttons=(), stories=()),
        )
        for coverage in found
    ]
