"""How the picture of job cuts looks: one square for a phone, bars over time above, the biggest companies below."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.domain.chart import Bars, Chart

SIDE, DOTS = 1080, 100  # pixels, and pixels an inch
PAPER, INK, FAINT = "#FBFAF6", "#1D2433", "#6B7280"
UPRIGHT, LYING = "#C8553D", "#2B6777"
# Points; a point is 1.4 pixels here, and a phone shows the picture at about a third of its size.
TITLE, HEADING, LABEL, SMALLEST, FOOTER = 27.0, 21.0, 19.0, 11.0, 15.0
LEFT, RIGHT = 0.06, 0.95  # of the width
NAMES_END = 0.37
GAP = 8  # pixels between two labels
MISSING = "…"
# Words come from feeds: a dollar sign is a dollar sign.
matplotlib.rcParams["text.parse_math"] = False
matplotlib.rcParams["font.family"] = "DejaVu Sans"


class _Sheet:
    """A figure that can say how wide a text would be."""

    def __init__(self) -> None:
        inches = SIDE / DOTS
        self.figure = Figure(figsize=(inches, inches), dpi=DOTS, facecolor=PAPER)
        FigureCanvasAgg(self.figure)  # becomes the figure's own

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """In pixels."""
        probe = self.figure.text(0, 0, text, fontsize=size, fontweight="bold" if bold else "normal")
        wide = probe.get_window_extent().width
        probe.remove()
        return float(wide)

    def clipped(self, text: str, size: float, room: float, *, bold: bool = False) -> str:
        """The text, or as much of its beginning as fits into `room` pixels."""
        if self.width(text, size, bold=bold) <= room:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.width(text[:middle].rstrip() + MISSING, size, bold=bold) <= room
            low, high = (middle, high) if fits else (low, middle - 1)
        return text[:low].rstrip() + MISSING

    def size_for(self, texts: list[str], room: float, wanted: float) -> float:
        """The largest size up to `wanted` at which each text fits into `room` pixels; SMALLEST when none does."""
        widest = max((self.width(text, wanted) for text in texts), default=0.0)
        return wanted if widest <= room else max(SMALLEST, wanted * room / widest)

    def png(self) -> bytes:
        page = io.BytesIO()
        self.figure.savefig(page, format="png", facecolor=PAPER)
        return page.getvalue()


def draw(chart: Chart) -> bytes:
    """A PNG picture of 1080 by 1080 pixels."""
    sheet = _Sheet()
    room = (RIGHT - LEFT) * SIDE
    title = sheet.clipped(chart.title, TITLE, room, bold=True)
    sheet.figure.text(LEFT, 0.965, title, fontsize=TITLE, fontweight="bold", color=INK, va="top")
    _upright(sheet, chart.upright)
    _lying(sheet, chart.lying)
    footer = sheet.clipped(chart.footer, FOOTER, room)
    sheet.figure.text(LEFT, 0.022, footer, fontsize=FOOTER, color=FAINT, va="bottom")
    return sheet.png()


def _heading(sheet: _Sheet, text: str, y: float) -> None:
    shown = sheet.clipped(text, HEADING, (RIGHT - LEFT) * SIDE, bold=True)
    sheet.figure.text(LEFT, y, shown, fontsize=HEADING, fontweight="bold", color=INK, va="bottom")


def _bare(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(length=0, colors=INK)
    for side in axes.spines.values():
        side.set_visible(False)


def _upright(sheet: _Sheet, bars: Bars) -> None:
    _heading(sheet, bars.title, 0.845)
    axes = sheet.figure.add_axes((LEFT, 0.545, RIGHT - LEFT, 0.265))
    _bare(axes)
    count = max(len(bars.values), 1)
    highest = max(bars.values, default=0.0) or 1.0
    axes.bar(range(len(bars.values)), bars.values, width=0.72, color=UPRIGHT)
    axes.set_xlim(-0.55, count - 0.45)
    axes.set_ylim(0, highest * 1.18)
    axes.set_yticks([])
    axes.axhline(0, color=INK, linewidth=1.5)
    slot = (RIGHT - LEFT) * SIDE / count
    size = sheet.size_for(list(bars.shown), slot - GAP, LABEL)
    for n, (value, shown) in enumerate(zip(bars.values, bars.shown, strict=True)):
        if value > 0:
            axes.text(n, value + highest * 0.02, shown, fontsize=size, color=INK, ha="center", va="bottom")
    below = sheet.size_for(list(bars.labels), slot - GAP, LABEL)
    widest = max((sheet.width(label, below) for label in bars.labels), default=0.0)
    step = max(1, -(-int(widest + GAP) // max(int(slot), 1)))  # labels that do not fit side by side take turns
    places = list(range(len(bars.labels)))[::-1][::step][::-1]
    axes.set_xticks(places, [bars.labels[n] for n in places], fontsize=below)


def _lying(sheet: _Sheet, bars: Bars) -> None:
    _heading(sheet, bars.title, 0.425)
    axes = sheet.figure.add_axes((NAMES_END, 0.085, RIGHT - NAMES_END, 0.325))
    _bare(axes)
    highest = max(bars.values, default=0.0) or 1.0
    width = (RIGHT - NAMES_END) * SIDE
    beside = max((sheet.width(shown, LABEL) for shown in bars.shown), default=0.0) + 2 * GAP
    axes.barh(range(len(bars.values)), bars.values, height=0.66, color=LYING)
    axes.set_xlim(0, highest * width / max(width - beside, width * 0.3))
    axes.set_ylim(max(len(bars.values), 3) - 0.4, -0.6)
    axes.set_xticks([])
    names = [sheet.clipped(label, LABEL, (NAMES_END - LEFT) * SIDE - GAP) for label in bars.labels]
    axes.set_yticks(range(len(names)), names, fontsize=LABEL)
    for n, (value, shown) in enumerate(zip(bars.values, bars.shown, strict=True)):
        place = axes.annotate(shown, (value, n), xytext=(GAP, 0), textcoords="offset pixels")
        place.set(fontsize=LABEL, color=INK, va="center_baseline")
