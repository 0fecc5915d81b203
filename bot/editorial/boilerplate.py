"""Which paragraphs of a page are not the story: teasers, question boxes, navigation, share and footer lines."""

from __future__ import annotations

import re

_LABELS = (
    r"baca(?: juga| selengkapnya| artikel| berita| pula)?|(?:simak|tonton|saksikan|lihat)(?: juga| pula)?(?: video)?"
    r"|simak selengkapnya|artikel (?:terkait|selengkapnya)|berita (?:terkait|lainnya)|terkait|rekomendasi|terpopuler"
    r"|pilihan (?:editor|redaksi)"
    r"|read (?:also|more|next|the full story)|also read|see also|more stories|most (?:read|popular)"
    r"|related(?: stor(?:y|ies)| articles?| coverage| reading| news| videos?)?|more(?: (?:from|on)\b[^:\n]{0,40})?"
    r"|recommended(?: for you| stories| reading)?|you (?:may|might) also like|don['’]t miss|trending(?: now)?|up next"
    r"|what to read next|watch(?: also| now)?"
)
_TEASER = re.compile(rf"^\W*(?:{_LABELS})(?:\s*(?::|>|»|\||[\"“]|$)|\s+[-–]\s)\s*(?P<rest>.*)$", re.IGNORECASE)
# In capitals a label needs no mark behind it.
_LOUD = re.compile(
    r"^(?:RELATED(?: ARTICLES?| STOR(?:Y|IES))?|READ (?:ALSO|MORE|NEXT)|ALSO READ|SEE ALSO|WATCH|TRENDING|RECOMMENDED"
    r"|BACA JUGA|SIMAK JUGA|LIHAT JUGA|TONTON JUGA)\s+\S"
)
_INLINE = re.compile(
    r"\s?[(\[]?\b(?:baca juga|simak juga|lihat juga|tonton juga|read also|also read|see also|read more)\s*:"
    r"[^.!?)\]\n]*[.!?)\]]?\s?",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"^\W*(?:advertisement|iklan|scroll to continue|(?:story|article) continues|gambas|share (?:this|on|via)|share$"
    r"|bagikan|copy link|listen to this|artikel ini telah tayang|editor['’]s note"
    r"|(?:follow|join) (?:us|our)|ikuti (?:kami|berita)|cek berita|dapatkan update|sign up|subscribe|berlangganan"
    r"|newsletter|get (?:the|our) .{0,30}newsletter|(?:enjoying|like) this(?: story| article)?\?"
    r"|copyright|hak cipta|©|all rights reserved|the post .{1,200} appeared first on"
    r"|(?:tags?|topik|kata kunci|reporter(?: magang)?|penulis|editor|foto|video|photograph(?:er)?)\s*:"
    r"|(?:image|picture|photo)(?: credits?| by)?\s*:|photo by\b|comments?$|komentar$"
    r"|download (?:the|our) app|download aplikasi|cookie|terms of|privacy policy|kebijakan privasi)",
    re.IGNORECASE,
)
# Who took the picture a line belongs to, at its end.
_CREDIT = re.compile(
    r"(?:\([^()\n]{0,60}\b(?:photo|foto|getty|shutterstock|istock|dok)\b[^()\n]{0,60}\)"
    r"|[.!?]\s(?:photograph|photo|foto|image|picture)(?: credit)?:[^.!?\n]{1,80})\W{0,3}$",
    re.IGNORECASE,
)
_LONG_CAPTION = 300
_BREADCRUMB = re.compile(r"^(?:home|beranda)\s*[>›»/|]", re.IGNORECASE)
_ASKS = (
    r"apa|apakah|bagaimana|siapa|siapakah|mengapa|kenapa|kapan|di ?mana|berapa|what|how|who|why|when|where|which|is|are"
    r"|does|do|can|will|did"
)
_QUESTION_AND_ANSWER = re.compile(rf"^\W*(?:{_ASKS})\b[^.!?\n]{{3,140}}\?\s*\S", re.IGNORECASE)
_BARE_BULLET = re.compile(r"^[-–—•*·>]{1,3}$")
_MENU_MARKS = re.compile(r"\s[|›»>•·/]\s")
_MENU_RUN = 3
_MENU_WORDS = 4
_TEASER_LIST_WORDS = 25


def story_paragraphs(text: str) -> list[str]:
    """The paragraphs (lines) of `text` that tell the story, in order, inline teasers cut out of them."""
    lines = [line.strip() for line in text.splitlines()]
    dropped = _menus(lines) | _questions(lines) | _teasers(lines)
    kept = (without_teasers(line) for at, line in enumerate(lines) if line and at not in dropped)
    return [line for line in kept if line and not _BARE_BULLET.match(line)]


def without_teasers(summary: str) -> str:
    """A feed's summary, or a line, without `Baca juga: …` inside it."""
    return _INLINE.sub(" ", summary).strip() if ":" in summary else summary


def _teasers(lines: list[str]) -> set[int]:
    dropped: set[int] = set()
    in_list = False
    for at, line in enumerate(lines):
        if not line:
            continue
        label = _TEASER.match(line) or _LOUD.match(line)
        if label is not None:
            dropped.add(at)
            # A label alone announces what follows: short lines without a full stop belong to it.
            in_list = not label.groupdict().get("rest", "-")
        elif in_list and len(line.split()) <= _TEASER_LIST_WORDS and not line.endswith((".", "”", '"')):
            dropped.add(at)
        else:
            in_list = False
            if _is_no_story(line):
                dropped.add(at)
    return dropped


def _is_no_story(line: str) -> bool:
    """Footers, menus on one line, captions."""
    if _FOOTER.match(line) or _BREADCRUMB.match(line) or _has_menu_marks(line):
        return True
    may_be_credit = len(line) < _LONG_CAPTION and (")" in line or ":" in line)
    return may_be_credit and _CREDIT.search(line) is not None


def _has_menu_marks(line: str) -> bool:
    may_have = not line.isascii() or any(mark in line for mark in "|>/")
    return may_have and len(_MENU_MARKS.findall(line)) >= _MENU_RUN


def _questions(lines: list[str]) -> set[int]:
    """Boxes with a question and its answer in one paragraph. One alone may be the writer's own; several, or one behind
    a bare bullet, are the page's. An article made of nothing else is left alone."""
    filled = [at for at, line in enumerate(lines) if line and not _BARE_BULLET.match(line)]
    boxes = {at for at in filled if "?" in lines[at] and _QUESTION_AND_ANSWER.match(lines[at])}
    behind_bullet = {at for at in boxes if _line_before(lines, at) and _BARE_BULLET.match(_line_before(lines, at))}
    found = boxes if len(behind_bullet) > 1 else behind_bullet
    return found if len(filled) - len(found) >= 2 else set()


def _line_before(lines: list[str], at: int) -> str:
    return next((line for line in reversed(lines[:at]) if line), "")


def _menus(lines: list[str]) -> set[int]:
    """Runs of short lines without a full stop: navigation, tags, share buttons."""
    dropped: set[int] = set()
    run: list[int] = []
    for at, line in enumerate([*lines, "a line that ends every run, whatever came before it."]):
        if not line:
            continue
        if len(line.split()) <= _MENU_WORDS and not line.endswith((".", "!", "?", ":", "”", '"')):
            run.append(at)
            continue
        if len(run) >= _MENU_RUN:
            dropped.update(run)
        run = []
    return dropped
