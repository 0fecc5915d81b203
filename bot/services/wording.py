"""How facts and changes of a story read: the line of figures, who blamed AI, what changed and who said so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.coverage import Change, ChangeKind, Unit
from bot.domain.event import AiCause, Event, EventKind
from bot.texts import Texts

DOT = " · "


class Wording:
    """Sentences for one reader; `when` puts a time the way this reader sees it."""

    def __init__(self, texts: Texts, when: Callable[[datetime], str]) -> None:
        self._texts = texts
        self._when = when

    def facts(self, event: Event) -> str:
        """`Acme · 1,300 people · 12% of staff`; what is not known is left out, nothing known gives nothing."""
        parts = [event.company or ""]
        if event.headcount is not None:
            parts.append(self.people(event.headcount))
        if event.percent is not None:
            parts.append(self._texts.say("facts.percent", percent=event.percent))
        if event.kind is not EventKind.LAYOFF:
            parts.append(self._texts.say(f"facts.kind.{event.kind.value}"))
        known = [part for part in parts if part]
        return DOT.join(known) if known != [event.company] else ""

    def people(self, headcount: int) -> str:
        return self._texts.say("facts.people", count=headcount)

    def cause(self, cause: AiCause) -> str:
        """The grade in plain words and the sentence that says so."""
        return self._texts.say(f"facts.ai.{cause.grade.value}", quote=cause.quote)

    def reported(self, outlets: int) -> str:
        return self._texts.say("facts.reported", count=outlets) if outlets > 1 else ""

    def change(self, change: Change) -> str:
        """`15:10 WIB, The Wire: now 1,600 people (1,300 before)`"""
        said = {"source": change.source, "when": self._when(change.at)}
        if change.kind in (ChangeKind.DENIED, ChangeKind.CONFIRMED):
            return self._texts.say(f"change.{change.kind.value}", **said)
        after, before = self._number(change.after, change.unit), self._number(change.before, change.unit)
        return self._texts.say(f"change.{change.kind.value}", after=after, before=before, **said)

    def changes(self, changes: Sequence[Change]) -> list[str]:
        return [self.change(change) for change in changes]

    def _number(self, value: float | None, unit: Unit | None) -> str:
        if value is None:
            return ""
        if unit is Unit.PERCENT:
            return self._texts.say("facts.percent", percent=value)
        return self.people(int(value))
