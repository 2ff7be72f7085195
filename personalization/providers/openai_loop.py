"""The event loop on which hosted models are asked: a thread of its own, for the whole process.

Whoever waits for an answer looks up ten times a second whether the user wants to stop.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from personalization.providers.metering import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_LOOK_UP: Final = 0.1  # seconds
_ENDING: Final = 5.0  # seconds that a call which was called off may take to be put on record


@lru_cache(maxsize=1)
def loop() -> asyncio.AbstractEventLoop:
    """Return the running loop, started with the first call."""
    started = asyncio.new_event_loop()
    threading.Thread(target=started.run_forever, name="hosted writing", daemon=True).start()
    return started


def run(work: Coroutine[object, object, T], is_cancelled: Callable[[], bool] = lambda: False) -> T:
    """Run ``work`` on the loop, and wait for what it returns; never call it on the loop itself.

    Args:
        work: What is to be done.
        is_cancelled: Asked while waiting; once it is true, the work is called off.

    Raises:
        StoppedError: It was called off.
    """
    ended = threading.Event()

    async def told() -> T:
        try:
            return await work
        finally:
            ended.set()

    future = asyncio.run_coroutine_threadsafe(told(), loop())
    try:
        while not ended.wait(_LOOK_UP):
            if is_cancelled():
                raise StoppedError("Stopped. What was written until then is kept.")
        return future.result()
    finally:
        if not future.done():
            future.cancel()
            ended.wait(_ENDING)


def call_off(work: Callable[[], Coroutine[object, object, None]]) -> None:
    """Start ``work`` on the loop and do not wait for it: closing what nobody needs any more."""
    with suppress(RuntimeError):
        asyncio.run_coroutine_threadsafe(work(), loop())
