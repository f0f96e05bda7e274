"""The executor that stays in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from photomotion.stages import Job, Worker

__all__ = ["LocalExecutor"]


class LocalExecutor:
    """Opens one worker and gives it one job after the other."""

    def run(self, open_worker: Callable[[], Worker], jobs: Iterable[Job]) -> Iterator[object]:
        """Yield the report of each job as soon as it is done; an exception of the worker ends the run."""
        with open_worker() as worker:
            for job in jobs:
                yield worker(job)
