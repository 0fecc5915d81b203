"""Which of the two languages a story is written in: function words counted, the feed's own language as a prior."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from bot.domain.story import Language

_ENGLISH_WORDS = """
    the a an of to and for with on at from by as is are was were be been has have had will would can could its it his
    her their they he she we you your our my this that these those who what why how when where which after before
    over under into about than more most new says said not no but or if in out up down first amid here there all
    just may might should do does did won't don't isn't it's you're
"""
_INDONESIAN_WORDS = """
    yang dan di ke dari untuk dengan pada ini itu akan tak tidak bukan jadi bisa ada dalam oleh karena saat usai soal
    hingga sampai juga lebih para sebagai atau agar bakal sudah telah masih belum kata sebut ungkap gara begini siapa
    apa kenapa mengapa bagaimana kapan berapa cara kini lagi demi bagi antara tentang serta namun tapi hanya cuma
    mereka kami kita saya anda dia ia orang tahun hari juta ribu miliar triliun persen terkait baru resmi buat bikin
    warga polisi karyawan pekerja buruh pegawai perusahaan kerja pemerintah menteri secara terhadap sebuah seorang
    dua tiga satu kali sejak setelah sebelum mulai minta dapat harus jika bila kalau pun nya begitu seperti
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_INDONESIAN = frozenset(_INDONESIAN_WORDS.split())
FUNCTION_WORDS = _ENGLISH | _INDONESIAN
# Headlines drop their small words; then the build of the longer ones tells.
_INDONESIAN_STARTS = (
    "meng",
    "meny",
    "memb",
    "memp",
    "mend",
    "menj",
    "menc",
    "diper",
    "ber",
    "ter",
    "peng",
    "penj",
    "ke",
)
_INDONESIAN_ENDS = ("kan", "nya", "asi", "isme", "gan", "ngan", "han", "ran", "tan", "kah")
_ENGLISH_ENDS = (
    "ing",
    "ed",
    "tion",
    "ly",
    "ness",
    "ment",
    "ers",
    "ies",
    "ght",
    "ck",
    "sh",
    "th",
    "y",
    "ce",
    "ss",
    "es",
    "ive",
)
_SHORTEST = 5
_BUILD_WORTH = 0.4
# What the feed's own language is worth: it takes two function words to stand against it.
_PRIOR_WORTH = 1.5
_WORDS_READ = 200
_MOST_REMEMBERED = 16_384


class _Worths(dict[str, complex]):
    """What each word is worth, for English in the real part and for Indonesian in the other, so that a text is added up
    in one go. Words come again and again, so they are remembered."""

    def __missing__(self, word: str) -> complex:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        found = self[word] = _worth(word)
        return found


_WORTHS = _Worths()


def _worth(word: str) -> complex:
    if word in _ENGLISH:
        return complex(1, 0)
    if word in _INDONESIAN:
        return complex(0, 1)
    if len(word) < _SHORTEST:
        return 0j
    indonesian = word.startswith(_INDONESIAN_STARTS) / 2 + word.endswith(_INDONESIAN_ENDS)
    return complex(_BUILD_WORTH * word.endswith(_ENGLISH_ENDS), _BUILD_WORTH * indonesian)


def detect(words: Sequence[str], prior: Language | None) -> Language:
    """Language of folded `words` (title first); without any evidence the prior, and English without a prior."""
    worth = reduce(add, map(_WORTHS.__getitem__, words[:_WORDS_READ]), 0j)
    english, indonesian = worth.real, worth.imag
    if prior is Language.EN:
        english += _PRIOR_WORTH
    elif prior is Language.ID:
        indonesian += _PRIOR_WORTH
    if english == indonesian:
        return prior or Language.EN
    return Language.ID if indonesian > english else Language.EN
