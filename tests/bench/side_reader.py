"""The `reader` package's side of the polling bench; runs in an environment of its own, so it imports nothing of ours.

Arguments: base address, number of feeds, folder, workers. Each line read is one round; the answer is JSON."""

import json
import sys
import time
from pathlib import Path

from reader import make_reader


def main() -> None:
    base, feeds, folder, workers = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    reader = make_reader(str(folder / "reader.sqlite"))
    for number in range(feeds):
        reader.add_feed(f"{base}/feed/{number}")
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        failed = sum(
            isinstance(result.value, Exception) for result in reader.update_feeds_iter(scheduled=False, workers=workers)
        )
        seconds = time.perf_counter() - began
        stored = reader.get_entry_counts().total
        print(json.dumps({"seconds": seconds, "stored": stored, "failed": failed}), flush=True)


if __name__ == "__main__":
    main()
