"""The program as operators and readers meet it: real processes, real HTTP, servers that behave like the platforms."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.adapters.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.adapters.fake_telegram import FakeTelegram
from tests.adapters.feedserver import Answer, FeedServer
from tests.scenarios.papers import AI, LAYOFF, json_feed, rss
from tests.scenarios.program import Program


def telegram(tg: FakeTelegram) -> dict[str, str]:
    return {"KABAR_TELEGRAM_TOKEN": tg.token, "KABAR_TELEGRAM_BASE_URL": tg.base_url}


def slack(server: FakeSlack) -> dict[str, str]:
    tokens = {"KABAR_SLACK_BOT_TOKEN": BOT_TOKEN, "KABAR_SLACK_APP_TOKEN": APP_TOKEN}
    return tokens | {"KABAR_SLACK_BASE_URL": server.base_url}


async def test_news_goes_from_a_feed_to_telegram_and_slack_once_across_a_stop_and_a_kill(tmp_path: Path) -> None:
    async with FeedServer() as web, FakeTelegram() as tg, FakeSlack() as sl:
        kabar = Program(tmp_path, telegram(tg) | slack(sl) | {"KABAR_LOG_LEVEL": "debug"})
        (tmp_path / "config" / "kabar.toml").write_text('[polling]\ndeadline = "2s"\n', "utf-8")
        kabar.feeds(
            paper=web.publish("/paper", rss(AI.format(1))),
            wire=web.publish("/wire", json_feed(AI.format(2)), "application/feed+json"),
        )
        async with kabar.running("--poll-every", "1") as life:
            tg.say(42, "/subscribe ai", language="id")
            await sl.wait_for_socket()
            await sl.command("/kabar", "subscribe ai")
            assert "Siap. Berita AI langsung dikirim" in (await tg.wait_for_messages(1))[0].text
            assert "Done. New stories on AI go to this chat" in (await sl.wait_for_messages(1))[0].shown
            await web.wait_for(lambda: len(web.asked("/paper")) > 1 and len(web.asked("/wire")) > 1)
            web.publish("/paper", rss(AI.format(3), AI.format(1)))
            await tg.wait_for_messages(2)
            await sl.wait_for_messages(2)
            tg.press(42, tg.sent[1].message_id, tg.sent[1].buttons[0][0][1])
            assert "number 3" in (await tg.wait_for_messages(3))[2].text
            assert await life.end(signal.SIGTERM) == 0
        assert tg.token not in life.log
        assert BOT_TOKEN not in life.log
        assert APP_TOKEN not in life.log
        web.publish("/wire", json_feed(AI.format(4), AI.format(2)), "application/feed+json")
        async with kabar.running("--poll-every", "1") as life:
            await tg.wait_for_messages(4)
            await sl.wait_for_messages(3)
            tg.say(42, "/help", language="id")  # so that what was sent is surely written down
            await tg.wait_for_messages(5)
            await life.end(signal.SIGKILL)
        async with kabar.running("--poll-every", "1") as life:
            web.publish("/paper", rss(AI.format(5), AI.format(3), AI.format(1)))
            await tg.wait_for(lambda: any("number 5" in sent.text for sent in tg.sent), 60)
            assert await life.end(signal.SIGTERM) == 0
    told = [sent.text for sent in tg.sent if "number 1" in sent.text or "number 2" in sent.text]
    assert told == [], "what a feed held when it was first read is no news"


async def test_a_wrong_token_stops_only_its_own_platform_and_health_says_what_to_do(tmp_path: Path) -> None:
    async with FeedServer() as web, FakeTelegram() as tg, FakeSlack() as sl:
        kabar = Program(tmp_path, telegram(tg) | slack(sl) | {"KABAR_TELEGRAM_TOKEN": "123456:wrong"})
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1))))
        async with kabar.running() as life:
            await sl.wait_for_socket()
            await sl.mention("latest")
            await sl.wait_for_messages(1)
            health = await kabar("health", "--json")
            assert health.code == 1
            parts = {part["part"]: part for part in health.json["parts"]}
            assert parts["telegram"]["state"] == "failing"
            assert "BotFather" in parts["telegram"]["fix"]
            assert parts["slack"]["state"] == "ok"
            assert await life.end(signal.SIGTERM) == 0
        assert "telegram" in life.log
        assert "123456:wrong" not in life.log


async def test_poll_and_deliver_step_by_step(tmp_path: Path) -> None:
    async with FeedServer() as web:
        kabar = Program(tmp_path)
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1), "Weather stays mild")), dead=web.url("/dead"))
        first = await kabar("poll", "--once", "--json")
        assert first.code == 0
        assert {k: v for k, v in first.json.items() if k != "seconds"} == {
            "feeds": 2, "fetched": 1, "not_modified": 0, "failed": 1, "entries": 2, "new_stories": 2, "alerts": 0,
        }  # fmt: skip
        assert "dead" in first.err
        assert "Done." in (await kabar("say", "/subscribe all")).out
        again = await kabar("poll", "--once", "--json", "--feed", "paper")
        assert (again.json["not_modified"], again.json["new_stories"]) == (1, 0)
        web.publish("/paper", rss(LAYOFF.format(300), AI.format(1)))
        news = await kabar("poll", "--once", "--json", "--feed", web.url("/paper"))
        assert (news.json["new_stories"], news.json["alerts"]) == (1, 1)
        sent = await kabar("deliver", "--once", "--json")
        assert {k: v for k, v in sent.json.items() if k != "seconds"} == {
            "sent": 1, "retried": 0, "parked": 0, "dead": 0, "held": 0,
        }  # fmt: skip
        assert LAYOFF.format(300) in sent.err
        assert (await kabar("deliver", "--once", "--json")).json["sent"] == 0
        listed = (await kabar("feeds", "list", "--json")).rows
        assert [(row["id"], row["state"], row["title"]) for row in listed] == [
            ("dead", "failing", "The Dead"),
            ("paper", "ok", "The Paper"),
        ]
        assert (await kabar("poll", "--once", "--feed", "nobody")).code == 1


async def test_a_retry_after_holds_even_a_named_poll(tmp_path: Path) -> None:
    async with FeedServer() as web:
        kabar = Program(tmp_path)
        busy = Answer(status=429, headers={"Retry-After": "3600"})
        kabar.feeds(paper=web.answer("/paper", busy))
        assert (await kabar("poll", "--once", "--json")).json["failed"] == 1
        assert (await kabar("poll", "--once", "--json", "--feed", "paper")).json["feeds"] == 0
        assert len(web.asked("/paper")) == 1


async def test_a_newcomer_without_network_chats_with_the_sample_day(tmp_path: Path) -> None:
    kabar = Program(tmp_path, {"KABAR_ALLOW_PRIVATE_HOSTS": ""})
    kabar.feeds(paper="http://127.0.0.1:9/feed")
    lines = "/latest ai 3\n1\n/why 1\n/language id\n/terbaru phk\n/digest\nnonsense\n"
    ran = await kabar("try", "--data", "here", lines=lines)
    assert ran.code == 0, ran.err
    assert "sample day" in ran.out
    assert "Latest: AI" in ran.out
    assert "needed – chosen" in ran.out
    assert "Terbaru: PHK" in ran.out
    assert "Ringkasan" in ran.out
    assert "Traceback" not in ran.out + ran.err
    assert (tmp_path / "here" / "sample.db").exists()


async def test_live_feeds_are_preferred_to_the_sample(tmp_path: Path) -> None:
    async with FeedServer() as web:
        kabar = Program(tmp_path)
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1))))
        ran = await kabar("try", lines="/latest\n")
        assert AI.format(1) in ran.out
        assert "sample day" not in ran.out


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("kabar.toml", "[polling]\nevry = '5m'\n", "polling.evry"),
        ("kabar.toml", "[polling]\nevery = \n", "line 2"),
        ("feeds.toml", "[[feed]]\nid = 'a'\nurl = 'ftp://x'\ntitle = 'A'\n", "id a"),
        ("rules/ai.en.toml", "[[rule]]\nid = 'x'\nkind = 'nonsense'\n", "ai.en.toml"),
    ],
)
async def test_a_half_edited_configuration_is_named_by_file_and_key(
    tmp_path: Path, file: str, text: str, expected: str
) -> None:
    kabar = Program(tmp_path)
    (tmp_path / "config" / "rules").mkdir()
    (tmp_path / "config" / file).write_text(text, "utf-8")
    for command in (("check",), ("poll", "--once"), ("run",)):
        ran = await kabar(*command)
        assert ran.code == 2, (command, ran.out, ran.err)
        assert expected in ran.err
        assert "Traceback" not in ran.err


async def test_a_document_and_a_headline_on_the_command_line(tmp_path: Path) -> None:
    kabar = Program(tmp_path)
    parsed = await kabar("parse", "-", "--url", "https://paper.example/", lines=rss(AI.format(1)))
    assert parsed.code == 0
    assert parsed.rows[0]["title"] == AI.format(1)
    assert set(parsed.rows[0]) >= {
        "id", "title", "link", "published", "updated", "summary", "content", "authors", "tags",
    }  # fmt: skip
    assert (await kabar("parse", "-", lines="<html><body>hello</body></html>")).code == 1
    scored = await kabar("score", lines='{"id": 7, "title": "Northwind Cloud lays off 300 engineers"}\nnot json\n')
    assert scored.code == 1, "a line that is no story is named"
    assert "line 2" in scored.err
    odd = await kabar("score", lines='{"id": 7, "title": "Northwind Cloud lays off \\ud800"}\n' + "[" * 5000 + "\n")
    assert (odd.code, [row["id"] for row in odd.rows], odd.err.count("line")) == (1, [7], 2), odd.err
    topics = scored.rows[0]["topics"]
    assert set(topics) == {"ai", "layoffs", "tech-layoffs"}
    assert topics["layoffs"]["hit"]
    assert {"rule", "points", "field", "text", "why"} <= set(topics["layoffs"]["reasons"][0])


async def test_backup_and_restore_carry_chats_and_stories(tmp_path: Path) -> None:
    async with FeedServer() as web:
        kabar = Program(tmp_path / "one")
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1))))
        await kabar("poll", "--once")
        await kabar("say", "/language id")
        assert (await kabar("db", "backup", "../kabar.backup")).code == 0
        other = Program(tmp_path / "two")
        assert (await other("db", "restore", "../kabar.backup")).code == 0
        assert f"Terbaru: AI, PHK teknologi, dan PHK\n\n1. {AI.format(1)}" in (await other("say", "/latest")).out
        assert (await other("db", "restore", "config")).code == 1


async def test_rules_are_measured_on_labelled_headlines(tmp_path: Path) -> None:
    kabar = Program(tmp_path)
    rows = [
        {"id": 1, "title": "Laboratory releases AI model", "lang": "en", "ai": 1, "layoff": 0, "tech": 0},
        {"id": 2, "title": "Cuaca cerah di Bandung", "lang": "id", "ai": 0, "layoff": 0, "tech": 0},
        {"id": 3, "title": "Rain is coming", "lang": "en", "ai": 1, "layoff": 0, "tech": 0, "draw": "random:feed"},
    ]
    (tmp_path / "headlines.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    ran = await kabar("eval", ".", "--json", "--misses")
    assert ran.code == 0, ran.err
    ai = {(row["language"], row["rows"]): row for row in ran.json["topics"] if row["topic"] == "ai"}
    assert (ai["all", "all"]["precision"], ai["all", "all"]["recall"]) == (1.0, 0.5)
    assert ai["en", "random"]["recall"] == 0.0
    assert [miss["id"] for miss in ran.json["misses"]] == ["3"]
    assert "ai" in (await kabar("eval", ".")).out
    missing = await kabar("eval", "nowhere")
    assert (missing.code, "nowhere" in missing.err) == (1, True)
