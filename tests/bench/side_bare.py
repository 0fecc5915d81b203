"""The barest loop that polls feeds: aiohttp and feedparser with validators, sixteen at a time, nothing kept but ids.

Arguments: base address, number of feeds. Each line read is one round; the answer is JSON."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time

import aiohttp
import feedparser

AT_ONCE = 16


async def main() -> None:
    base, feeds = sys.argv[1], int(sys.argv[2])
    tags: dict[int, str] = {}
    seen: set[str] = set()
    places = asyncio.Semaphore(AT_ONCE)

    async with aiohttp.ClientSession() as session:

        async def one(number: int) -> None:
            headers = {"If-None-Match": tags[number]} if number in tags else {}
            async with places, session.get(f"{base}/feed/{number}", headers=headers) as answer:
                if answer.status == 304:
                    return
                tags[number] = answer.headers["ETag"]
                body = await answer.read()
            seen.update(entry.id for entry in feedparser.parse(io.BytesIO(body)).entries)

        print(json.dumps({"ready": True}), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            began = time.perf_counter()
            await asyncio.gather(*map(one, range(feeds)))
            seconds = time.perf_counter() - began
            print(json.dumps({"seconds": seconds, "stored": len(seen), "failed": 0}), flush=True)


asyncio.run(main())
