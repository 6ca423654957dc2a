"""Processes that run notebooks, some at a time. None outlives the batch, however it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from .task import Task

COMMAND = [sys.executable, "-m", f"{__package__}.worker"]
PATIENCE_S = 10.0  # how long a process may take to end
LOOK_S = 0.05


@dataclass(frozen=True)
class _Hand:
    """A process at work."""

    task: Task
    process: subprocess.Popen[bytes]
    said: IO[bytes]

    def end(self) -> str:
        """Why it ended without having kept anything; "" if it did what it was told."""
        code = self.process.wait()
        self.said.seek(0)
        lines = [line for line in self.said.read().decode("utf8", "replace").splitlines() if line.strip()]
        self.close()
        self.said.close()
        if code == 0:
            return ""
        if code < 0 or not lines:
            return "Its process was ended from outside, or the memory was full. The same command goes on from there."
        return lines[-1].strip()

    def close(self) -> None:
        """Close what leads to it: it then ends itself and its kernel, if it has not."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def stop(self) -> None:
        """End it, now."""
        self.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.said.close()


def work(
    tasks: Sequence[Task], workers: int, begun: Callable[[Task], None], ended: Callable[[Task, str], None]
) -> None:
    """Run all tasks, so many at a time.

    Args:
        tasks: in this order.
        workers: how many processes.
        begun: called before a task begins.
        ended: called after it, with why its process ended without having kept anything, or "".
    """
    waiting, hands = deque(tasks), list[_Hand]()
    try:
        while waiting or hands:
            while waiting and len(hands) < workers:
                begun(waiting[0])
                hands.append(_start(waiting.popleft(), workers))
            for hand in [h for h in hands if h.process.poll() is not None]:
                hands.remove(hand)
                ended(hand.task, hand.end())
            time.sleep(LOOK_S)
    finally:
        for hand in hands:
            hand.close()
        for hand in hands:
            hand.stop()


def _start(task: Task, workers: int) -> _Hand:
    said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
    process = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=said,
        env=_surroundings(workers),
        start_new_session=True,  # Ctrl-C is for the batch, which ends it in order
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it has ended already, and will be found so
        process.stdin.write(task.line())
        process.stdin.flush()
    return _Hand(task, process, said)


def _surroundings(workers: int) -> dict[str, str]:
    """Environment of a process: kernels of this Python, figures in the notebook, cores shared out."""
    made = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    made["JUPYTER_PREFER_ENV_PATH"] = "1"
    if workers > 1:
        made.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    return made
