"""Peak memory of this process, sampled by a thread."""

from __future__ import annotations

import threading
from types import TracebackType

INTERVAL_S = 0.01


class PeakMemory:
    """The largest resident memory of the process since `restart`, in MB, sampled every 10 ms.

    It is the process's whole memory, loaded networks included: what a machine must have to run the cell.
    """

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def restart(self) -> None:
        """Forget the past."""
        self._peak = self._now()

    @property
    def peak_mb(self) -> float:
        """Peak since `restart`, now included."""
        return max(self._peak, self._now()) / 1e6

    def _now(self) -> int:
        return int(self._process.memory_info().rss)

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            self._peak = max(self._peak, self._now())
