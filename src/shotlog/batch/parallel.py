"""Ask a store many things at once, with a bounded number of questions and answers in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_parallel(
    ask: Callable[[Item], Answer], items: Iterable[Item], concurrency: int
) -> Iterator[tuple[Item, Answer]]:
    """Yield each item with its answer, in the order of *items*, asking for *concurrency* at a time.

    The first error ends it: what is in flight is waited for, what has not begun is not done.
    """
    pending: deque[tuple[Item, Future[Answer]]] = deque()
    source = iter(items)
    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        try:
            while True:
                for item in islice(source, 4 * concurrency - len(pending)):
                    pending.append((item, pool.submit(ask, item)))
                if not pending:
                    return
                item, future = pending.popleft()
                yield item, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
