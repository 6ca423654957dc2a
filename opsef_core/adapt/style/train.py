"""How a style is learned: pix2pix with an own U-Net, in blocks of steps, each ending with a checkpoint."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as f

from ...atomic import make_folder, write_whole
from ...errors import BadRunFolder, NothingToShow
from .nets import DESIGNS, Design, Discriminator, Generator, noise_for, spread
from .tiles import Tiles

RATE, BETAS = 2e-4, (0.5, 0.999)  # Isola et al. 2017
JUDGE_FASTER = 4.0  # its rate, in those of the painter (two time scales: Heusel et al. 2017, arXiv 1706.08500)
L1_WEIGHT = 10.0  # of the absolute error; a tenth of the paper's, since textures must come in few steps
BLOCK_STEPS = 100
TEXTURE_WEIGHT, TEXTURES_PX = 10.0, (3, 9)
FEWEST, A_TILE, MOST = 4000, 50, 10000
CHECKPOINT = "checkpoint.safetensors"


def recommended_steps(tiles: int, design: Design) -> int:
    """4000 tiles of 128 px and 50 more for each tile there is, 10000 at most; fewer where a step sees more pixels.

    Args:
        tiles: number of different tiles.
        design: of the networks.
    """
    looks = min(FEWEST + A_TILE * tiles, MOST)
    return math.ceil(looks * min(1.0, (128 / design.tile_px) ** 2) / design.batch)


def learning_rate(done: float) -> float:
    """Constant for the first half, then straight down to 0.

    Args:
        done: part of the training that is over, 0 to 1.
    """
    return RATE * min(1.0, 2 * (1 - min(done, 1.0)))


@dataclass
class Progress:
    """Where a training stands.

    Attributes:
        same: what must be the same for a training to go on.
        step: steps taken.
        seconds: training time, interruptions not counted.
        rows: a row a block: step, losses, learning rate, seconds.
    """

    same: dict[str, Any]
    step: int = 0
    seconds: float = 0.0
    rows: list[dict[str, float]] = field(default_factory=list)


class Training:
    """One training, begun anew or gone on with.

    Args:
        tiles: what to learn from.
        channels: of the images.
        styles: number of styles.
        folder: for the checkpoint.
        design: name of the networks' size, of `DESIGNS`.
        device: "cpu", "cuda", ...
        same: what must be the same for a training to go on: a dictionary of JSON-able values.

    Raises:
        BadRunFolder: the folder has a checkpoint of another training, or a broken one.
    """

    def __init__(
        self, tiles: Tiles, channels: int, styles: int, folder: Path, design: str, device: str, same: dict[str, Any]
    ) -> None:
        self.tiles, self.styles, self.folder, self.device = tiles, styles, folder, device
        self.design = DESIGNS[design]
        self.mixed = _has_bfloat16(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(tiles.seed)
            self.painter = Generator(self.design.width, channels, styles)
            self.judge = Discriminator(self.design.width, channels, styles)
        self.nets = {"painter": self.painter, "judge": self.judge}
        for net in self.nets.values():
            net.to(device).to(memory_format=torch.channels_last)
        self.optimisers = {k: torch.optim.Adam(n.parameters(), RATE, BETAS) for k, n in self.nets.items()}
        self.progress = self._found(same) or Progress(same)

    def run(self, steps: int, hours: float | None, bar: Any) -> Progress:
        """Train until the steps or the hours are used up; `bar` is told the percent done.

        Raises:
            NothingToShow: the training went astray.
            DiskFull: no room for the checkpoint.
        """
        while self._done(steps, hours) < 1:
            began, losses = time.monotonic(), []
            used, first = self.progress.seconds, self.progress.step
            while self.progress.step < steps and self.progress.step - first < BLOCK_STEPS:
                done = self._done(steps, hours)
                if done >= 1:
                    break
                losses.append(self._step(self.progress.step, learning_rate(done)))
                self.progress.step += 1
                self.progress.seconds = used + time.monotonic() - began
            self._note(torch.stack(losses).float().mean(0).tolist(), learning_rate(self._done(steps, hours)))
            self._save()
            bar.update(round(100 * min(1.0, self._done(steps, hours))) - bar.n)
        return self.progress

    def _done(self, steps: int, hours: float | None) -> float:
        by_time = 0.0 if hours is None else self.progress.seconds / max(hours * 3600, 1e-9)
        return max(self.progress.step / steps, by_time)

    def _batch(self, number: int) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
        """Images, what is shown, codes and noise of a step; the same for the same number."""
        n = self.design.batch
        tiles = [self.tiles[number * n + i] for i in range(n)]
        real, seen = (torch.from_numpy(np.stack(a)) for a in ([t.pixels for t in tiles], [t.seen for t in tiles]))
        code = f.one_hot(torch.tensor([t.style for t in tiles]), self.styles).float()
        source = torch.Generator().manual_seed(self.tiles.seed * 1_000_003 + number)
        noise = noise_for((n, *real.shape[2:]), source)
        real, seen = (x.to(self.device).contiguous(memory_format=torch.channels_last) for x in (real, seen))
        return real, seen, code.to(self.device), [x.to(self.device) for x in noise]

    def _step(self, number: int, rate: float) -> Tensor:
        """Train both networks on one batch; returns the losses: see `_note`."""
        real, seen, code, noise = self._batch(number)
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = rate * (JUDGE_FASTER if name == "judge" else 1)
        with self._autocast():
            painted = self.painter(seen, code, noise)
            says_real = self.judge(real, seen, code)
            says_painted = self.judge(painted.detach(), seen, code)
        judged = f.softplus(-says_real.float()).mean() + f.softplus(says_painted.float()).mean()
        self._learn("judge", judged)
        self.judge.requires_grad_(False)
        with self._autocast():
            says = self.judge(painted, seen, code)
        error = (painted.float() - real).abs().mean()
        fooled = f.softplus(-says.float()).mean()
        texture = torch.stack([_texture_error(painted.float(), real, size) for size in TEXTURES_PX]).mean()
        self._learn("painter", fooled + L1_WEIGHT * error + TEXTURE_WEIGHT * texture)
        self.judge.requires_grad_(True)
        return torch.stack([error, texture, fooled, judged]).detach()

    def _learn(self, net: str, loss: Tensor) -> None:
        self.optimisers[net].zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimisers[net].step()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.mixed)

    def _note(self, losses: list[float], rate: float) -> None:
        if not all(map(math.isfinite, losses)):
            raise NothingToShow(
                f"By step {self.progress.step} the training of a style went astray: its loss is no number any more. "
                f"Delete {self.folder} and try another seed."
            )
        names = ("absolute_error", "texture_error", "painter_loss", "judge_loss")
        row = {"step": self.progress.step, **dict(zip(names, losses, strict=True)), "learning_rate": rate}
        self.progress.rows.append({**row, "seconds": round(self.progress.seconds, 2)})

    def _save(self) -> None:
        """Both networks, what their optimisers remember, and the progress."""
        tensors: dict[str, Tensor] = {}
        for name, net in self.nets.items():
            tensors |= {f"{name}.{k}": v for k, v in net.state_dict().items()}
            for i, p in enumerate(net.parameters()):
                state = self.optimisers[name].state.get(p, {})
                tensors |= {f"{name}.optimiser.{i}.{k}": v for k, v in state.items()}
        make_folder(self.folder)
        solid = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
        content = save(solid, metadata={"progress": json.dumps(asdict(self.progress))})
        write_whole(self.folder / CHECKPOINT, content)

    def _found(self, same: dict[str, Any]) -> Progress | None:
        """Go on from the checkpoint, if there is one."""
        file = self.folder / CHECKPOINT
        if not file.is_file():
            return None
        try:
            with safe_open(file, framework="pt") as opened:
                progress = Progress(**json.loads(opened.metadata()["progress"]))
                names = opened.keys()
                tensors = {name: opened.get_tensor(name) for name in names}
            differs = [key for key, value in same.items() if progress.same.get(key) != value]
            if not differs:
                self._restore(tensors)
        except (SafetensorError, OSError, TypeError, KeyError, ValueError, RuntimeError) as error:
            raise BadRunFolder(f"{file} cannot be read ({error}). Delete {self.folder} to begin anew.") from error
        if differs:
            raise BadRunFolder(
                f"{self.folder} holds another training: it differs in {', '.join(differs)}. Give another folder, or "
                "delete this one."
            )
        return progress

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for name, net in self.nets.items():
            own = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
            net.load_state_dict({k: v for k, v in own.items() if not k.startswith("optimiser.")})
            for i, p in enumerate(net.parameters()):
                head = f"optimiser.{i}."
                known = {k.removeprefix(head): v for k, v in own.items() if k.startswith(head)}
                moved = {k: v if k == "step" else v.to(self.device) for k, v in known.items()}
                self.optimisers[name].state[p] = moved


def _texture_error(painted: Tensor, real: Tensor, size_px: int) -> Tensor:
    """How much the painted picture varies too little or too much, place by place.

    The absolute error alone asks for flat pictures, since nobody can know where a grain lies; this asks for as much
    grain as there is, wherever it lies, long before the judge has learned to.
    """
    return (spread(painted, size_px) - spread(real, size_px)).abs().mean()


def _has_bfloat16(device: str) -> bool:
    """Whether the device computes in bfloat16 by itself."""
    kind = torch.device(device).type
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return kind == "cpu" and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
