"""Whether everybody got what they asked for, once and in order: the receipts of the platforms against what was
published, and the ledger against both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.domain.delivery import DeliveryKind, DeliveryState
from tests.prove.ledger import Row
from tests.prove.press import Told
from tests.prove.readers import Reader
from tests.prove.receipts import Receipt

OF_ONE_STORY = (DeliveryKind.ALERT, DeliveryKind.CHANGE, DeliveryKind.EDIT)
Telling = tuple[tuple[str, str, str], str]  # a place, and a token or the heading of a digest


@dataclass
class InFlight:
    """What was on its way whenever a process was stopped: each time that it had been taken up allows it to come once
    more."""

    may_repeat: Counter[Telling] = field(default_factory=Counter)
    tries: set[tuple[int, int]] = field(default_factory=set)

    def note(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if row.kind is not DeliveryKind.EDIT and (row.id, row.fence) not in self.tries:
                self.tries.add((row.id, row.fence))
                self.may_repeat.update((row.place, token) for token in row.tokens)

    @property
    def messages(self) -> int:
        return len(self.tries)


@dataclass
class Verdict:
    """`repeats`: messages that came again; they are no fault on the platform that cannot be asked, after they were in
    flight at a kill. Everything that is wrong stands in words under what it is."""

    told: int = 0
    repeats: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        named = {"lost": self.lost, "repeated": self.repeated, "not asked for": self.unasked}
        named |= {"out of order": self.disordered, "ledger": self.untrue}
        return [f"{name}: {one}" for name, some in named.items() for one in some]


def audit(
    stories: Sequence[Told],
    readers: Sequence[Reader],
    receipts: Sequence[Receipt],
    rows: Sequence[Row],
    in_flight: InFlight,
) -> Verdict:
    verdict = Verdict()
    for reader in readers:
        theirs = [one for one in receipts if one.place == reader.place]
        planned = [row for row in rows if row.place == reader.place]
        _completeness(verdict, stories, reader, theirs, planned)
        _repeats(verdict, reader, theirs, in_flight)
        _order(verdict, reader, theirs, planned)
    _ledger(verdict, receipts, rows)
    return verdict


def _completeness(
    verdict: Verdict, stories: Sequence[Told], reader: Reader, theirs: Sequence[Receipt], rows: Sequence[Row]
) -> None:
    got = {token for one in theirs for token in one.tokens}
    got |= {token for row in rows if row.kind not in OF_ONE_STORY and _arrived(row, theirs) for token in row.tokens}
    wanted = {story.token for story in stories if reader.wants(story)}
    verdict.told += len(wanted & got)
    verdict.lost += [f"{token} never reached {reader.name}" for token in sorted(wanted - got)]
    verdict.unasked += [f"{token} came to {reader.name}" for token in sorted(got - wanted)]


def _repeats(verdict: Verdict, reader: Reader, theirs: Sequence[Receipt], in_flight: InFlight) -> None:
    """Alerts and lists tell a story once; so does a digest, beside them."""
    for is_digest in (False, True):
        told = [one for one in theirs if one.is_digest is is_digest and not one.is_edit and not one.answers]
        times = Counter(token for one in told for token in one.tokens)
        verdict.repeats += sum(count - 1 for count in Counter(one.tokens for one in told if one.tokens).values())
        for token, count in times.items():
            if count == 1:
                continue
            allowed = in_flight.may_repeat[reader.place, token] if reader.platform == "telegram" else 0
            if count - 1 > allowed:
                came = ", ".join(str(one) for one in told if token in one.tokens)
                verdict.repeated.append(f"{token} came {count} times to {reader.name}, {1 + allowed} at most: {came}")


def _order(verdict: Verdict, reader: Reader, theirs: Sequence[Receipt], rows: Sequence[Row]) -> None:
    """Alerts arrive in the order in which they were planned."""
    planned = [row.tokens[0] for row in rows if row.kind is DeliveryKind.ALERT and row.tokens]
    alerts = [one for one in theirs if not one.is_edit and not one.answers and not one.is_digest]
    first = dict.fromkeys(token for one in alerts if len(one.tokens) == 1 for token in one.tokens)
    sent = [row.tokens[0] for row in rows if row.kind is DeliveryKind.ALERT and row.state is DeliveryState.SENT]
    arrived = [token for token in first if token in set(sent)]
    expected = [token for token in planned if token in set(arrived)]
    if arrived != expected:
        verdict.disordered.append(f"{reader.name} got {arrived}, planned {expected}")


def _ledger(verdict: Verdict, receipts: Sequence[Receipt], rows: Sequence[Row]) -> None:
    """What is written down as sent arrived, and at the end everything is either sent or left unsaid for a reason."""
    for row in rows:
        if row.state is DeliveryState.SENT and not _arrived(row, receipts):
            verdict.untrue.append(f"{row.what}, but nothing arrived")
        elif row.state is not DeliveryState.SENT and (row.state is not DeliveryState.EXPIRED or not row.reason):
            verdict.untrue.append(f"{row.what} at the end")


def _arrived(row: Row, receipts: Iterable[Receipt]) -> bool:
    """A list shows its first page, the others come with a button; so any page of it will do."""
    told = set(row.tokens)
    return not told or any(one.place == row.place and one.tokens and told.issuperset(one.tokens) for one in receipts)
