"""Readers at once: 1, 10 and 50 web sockets that move filters; how long a rerun takes, and the server's memory.

A session is what a browser's is to the server: a web socket, the script's messages, an address that changes. Every move
opens a page with a selection drawn by a seed, so some were asked for before and some were not; between two moves a
reader thinks, five seconds in the mean. Memory is the server's resident set: before, while the sessions are open, and
after Streamlit has forgotten them (it keeps a lost session two minutes, for the browser to come back).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from analytics.pipeline.building import build_demo
from analytics.store import Store
from tests.serving import serving

PAGES = ("", "recruitment", "towns", "coverage", "growth", "sources")
DEPARTMENTS = ("09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82")
# Three rooms of fifty, one after another: memory that is given back is used again.
READERS = (1, 10, 50, 50, 50)
MOVES, THINKING_S = 10, 5.0
# Streamlit forgets a lost session after 120 s, when the next one comes.
FORGOTTEN_S = 125.0
LARGEST_MESSAGE = 64 * 1024**2


@dataclass
class Seen:
    """What readers saw: seconds of each rerun, bytes of each."""

    seconds: list[float] = field(default_factory=list)
    received: list[int] = field(default_factory=list)

    def line(self) -> str:
        """Return median and 95th percentile of a rerun in milliseconds, and how many there were."""
        cuts = statistics.quantiles(self.seconds, n=20, method="inclusive")
        return (
            f"median {1000 * cuts[9]:5.0f} ms   95th percentile {1000 * cuts[18]:6.0f} ms   {len(self.seconds)} reruns"
        )


def moves(seed: int) -> list[tuple[str, str]]:
    """Return the page and the query string of each of a reader's moves."""
    chosen = random.Random(seed)  # noqa: S311 - drawn to be the same again
    taken = []
    for _ in range(MOVES):
        query = []
        if chosen.random() < 0.7:
            query.append(f"department={chosen.choice(DEPARTMENTS)}")
        if chosen.random() < 0.3:
            query.append(f"threshold={chosen.choice((15, 30, 45, 60))}")
        taken.append((chosen.choice(PAGES), "&".join(query)))
    return taken


async def rerun(connection: ClientConnection, page: str, query: str, seen: Seen) -> None:
    """Ask for a page as a browser does and wait until its script has ended."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = query
    start, received = time.perf_counter(), 0
    await connection.send(asked.SerializeToString())
    while True:
        message = ForwardMsg()
        content = await connection.recv()
        received += len(content)
        message.ParseFromString(content if isinstance(content, bytes) else content.encode())
        has_ended = message.WhichOneof("type") == "script_finished"
        # A script that calls for another run has not answered yet.
        if has_ended and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            break
    seen.seconds.append(time.perf_counter() - start)
    seen.received.append(received)


async def read(url: str, seed: int, seen: Seen, *, thinking: float) -> None:
    """Be one reader, from the first page to the last."""
    chosen = random.Random(f"thinking {seed}")  # noqa: S311 - drawn to be the same again
    async with connect(url, subprotocols=["streamlit"], max_size=LARGEST_MESSAGE) as connection:  # type: ignore[list-item]
        await asyncio.sleep(chosen.uniform(0, thinking))
        for page, query in moves(seed):
            await rerun(connection, page, query, seen)
            await asyncio.sleep(chosen.uniform(0, 2 * thinking))


async def read_together(url: str, readers: int, memory: Memory) -> Seen:
    """Let readers read at once, and watch the server's memory meanwhile."""
    seen = Seen()
    watching = asyncio.create_task(memory.watch())
    await asyncio.gather(*(read(url, seed, seen, thinking=THINKING_S) for seed in range(readers)))
    watching.cancel()
    return seen


class Memory:
    """The resident set of a process, in megabytes."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self.highest = 0.0

    def now(self) -> float:
        """Return what it is."""
        line = next(line for line in self._status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    async def watch(self) -> None:
        """Note the highest, five times a second, until cancelled."""
        self.highest = self.now()
        while True:
            await asyncio.sleep(0.2)
            self.highest = max(self.highest, self.now())


def warm(url: str) -> None:
    """Open every page and make every move once, so that what follows measures readers and not caches."""

    async def all_moves() -> None:
        async with connect(url, subprotocols=["streamlit"], max_size=LARGEST_MESSAGE) as connection:  # type: ignore[list-item]
            for page in PAGES:
                await rerun(connection, page, "", Seen())
            for seed in range(max(READERS)):
                for page, query in moves(seed):
                    await rerun(connection, page, query, Seen())

    asyncio.run(all_moves())


def measure(url: str, pid: int) -> None:
    """Print a line for each number of readers, caches cold for the first of each selection, then warm for all."""
    memory = Memory(pid)
    started = memory.now()
    cold = asyncio.run(read_together(url, 1, memory))
    print(f"server started: {started:.0f} MB; one reader, nothing asked for before: {cold.line()}")
    warm(url)
    for readers in READERS:
        before = memory.now()
        seen = asyncio.run(read_together(url, readers, memory))
        of_each = (memory.highest - before) / readers
        print(
            f"  {readers:3} readers: {seen.line()}   memory {before:.0f} MB before, {memory.highest:.0f} at most "
            f"({of_each:.1f} each), {memory.now():.0f} when they left"
        )
    time.sleep(FORGOTTEN_S)
    asyncio.run(read_together(url, 1, memory))
    print(f"  two minutes later: {memory.now():.0f} MB")


def main() -> None:
    """Measure on the demonstration, or on a store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = options.store or Path(name)
        if not options.store:
            build_demo(Store(root))
        with serving(root) as dashboard:
            measure(f"{dashboard.url.replace('http', 'ws')}/_stcore/stream", dashboard.pid)


if __name__ == "__main__":
    main()
