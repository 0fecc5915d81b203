"""What a picture of job cuts shows, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A titled row of bars; `labels` and `values` go together, `shown` are the values in the reader's style."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`upright` bars over time above, `lying` bars by name below; `footer` says where the numbers come from."""

    title: str
    upright: Bars
    lying: Bars
    footer: str
