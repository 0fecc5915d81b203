"""What an operator is told of feeds that are ill, empty, silent or elsewhere: on the command line and in the chat."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import build
from bot.cli import WRONG, parser
from bot.cli.chat import say
from bot.cli.feeds import feeds
from bot.domain.feed import FeedOutcome, FeedState
from bot.domain.schedule import Rhythm
from bot.ports import Reading
from bot.settings import load
from bot.texts import Texts
from tests.adapters.feedserver import Answer, FeedServer
from tests.builders import TagGrouping
from tests.scenarios.papers import AI, rss

PAGE = b"<html><head><link rel='alternate' type='application/rss+xml' href='/good'></head><body>news</body></html>"
EMPTY = b"<rss version='2.0'><channel><title>x</title></channel></rss>"
SAID = {
    "en": {
        "gone": ("closed by its publisher", "The outlet has closed this feed: remove it."),
        "page": ("a web page; its feed is at another address", "Put the address above in place of this one."),
        "empty": (
            "has no entries at all",
            "Open it in a browser: the outlet may have moved its stories",
        ),
        "odd": ("answers with HTTP 418", "If it stays like this, look at the address in a browser"),
        "busy": ("asks for fewer visits", "asks to be left alone for another 29 min"),
        "still": ("nothing new for 9 d; usually there is something every 3 h", "see whether the feed has moved"),
    },
    "id": {
        "gone": ("ditutup penerbitnya", "Medianya menutup feed ini: hapus saja."),
        "page": ("halaman web; feed-nya di alamat lain", "Ganti dengan alamat yang disebut di atas."),
        "empty": ("tidak berisi satu entri pun", "Buka di peramban: mungkin medianya memindahkan beritanya"),
        "odd": ("menjawab dengan HTTP 418", "Kalau tetap begini, buka alamatnya di peramban"),
        "busy": ("meminta lebih jarang dikunjungi", "minta jangan dihubungi dulu selama 29 mnt"),
        "still": ("tidak ada yang baru selama 9 hari; biasanya ada setiap 3 jam", "mungkin feed-nya sudah pindah"),
    },
}


@pytest.mark.parametrize("language", ["en", "id"])
async def test_check_and_list_name_cause_and_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "kabar.toml").write_text(f'[chat]\nlanguage = "{language}"\n', "utf-8")
    async with FeedServer() as web:
        urls = {
            "good": web.publish("/good", rss(AI.format(1))),
            "still": web.publish("/still", rss(AI.format(2))),
            "gone": web.answer("/gone", Answer(status=410)),
            "page": web.answer("/page", Answer(body=PAGE)),
            "empty": web.answer("/empty", Answer(body=EMPTY)),
            "odd": web.answer("/odd", Answer(status=418)),
            "busy": web.answer("/busy", Answer(status=429, headers={"Retry-After": "1800"})),
        }
        blocks = [f'[[feed]]\nid = "{i}"\nurl = "{url}"\ntitle = "The {i.title()}"\n' for i, url in urls.items()]
        (tmp_path / "config" / "feeds.toml").write_text("\n".join(blocks), "utf-8")
        settings = load({"KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}, directory=tmp_path)
        app = await build(settings, upgrade=True)
        await app.synchronise()
        await app.poller.poll_due()
        now = app.world.clock()
        quiet = Rhythm(gap=timedelta(hours=3), newest=now - timedelta(days=9, minutes=1))
        seen = FeedOutcome(feed_id="still", lease=None, at=now, next_poll=now, state=FeedState.OK, rhythm=quiet)
        await app.store.stories.commit(Reading(outcome=seen), TagGrouping())
        await app.close()
        code = await feeds(parser(Texts("en")).parse_args(["feeds", "check"]), settings)
        checked = capsys.readouterr().out
        await say(parser(Texts("en")).parse_args(["say", "/feeds"]), settings)
        listed = capsys.readouterr().out
    assert len(web.asked("/busy")) == 1, "it asked for a pause"
    assert code == WRONG
    assert "✓ good" in checked
    assert f": {urls['good']}" in checked, "the feed that the page names"
    for name, (cause, fix) in SAID[language].items():
        assert cause in checked
        assert fix in checked
        assert f"The {name.title()} – {cause}" in listed
    assert "✗ page" in checked
    assert "! still" in checked
    assert "6" in checked.splitlines()[-1], "how many are not well"
