"""Peak memory of this process, sampled by a thread, and of the GPU, counted by torch."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any

INTERVAL_S = 0.01


class PeakMemory:
    """The largest resident memory of the process since `restart`, sampled every 10 ms, and what torch took on a GPU.

    Args:
        device: where the models run; without a GPU only the process is watched.
    """

    def __init__(self, device: str = "cpu") -> None:
        import psutil

        self._process = psutil.Process()
        self._device = device
        self._before = self._base = self._peak = 0
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
        self._before = 0
        self._peak = self._base = self._now()
        if (torch := self._torch()) is not None:
            torch.cuda.reset_peak_memory_stats(self._device)

    def settle(self) -> None:
        """The model is loaded: what comes on top from now on is work."""
        self._before = max(self._before, self._peak)
        self._peak = self._base = self._now()

    @property
    def taken(self) -> dict[str, float]:
        """MB since `restart`, now included.

        - `peak_memory_mb`: the whole process, with all that was loaded for other models before: what a machine must
          have to go through this sweep.
        - `working_memory_mb`: what came on top since `settle`: what the computation itself took, in which models can
          be compared. Memory that was freed before and is used again is not seen.
        - `gpu_memory_mb`, on a GPU where torch is in use: what its tensors took, all loaded networks included; not the
          driver's own few hundred MB.
        """
        now = self._now()
        peak = max(self._peak, now)
        found = {"peak_memory_mb": max(self._before, peak) / 1e6, "working_memory_mb": (peak - self._base) / 1e6}
        if (torch := self._torch()) is not None:
            found["gpu_memory_mb"] = torch.cuda.max_memory_allocated(self._device) / 1e6
        return found

    def _torch(self) -> Any:
        """Torch, if the models run on a GPU and one of them has loaded it."""
        return sys.modules.get("torch") if self._device.startswith("cuda") else None

    def _now(self) -> int:
        return int(self._process.memory_info().rss)

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            self._peak = max(self._peak, self._now())
