"""What nucleAIzer costs: an image in every way it can be run, and a step of its training; where the time goes."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import disk
from torch import nn
from torchvision.models.detection import MaskRCNN as TorchvisionMaskRCNN
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

from opsef_core import Image, model
from opsef_core.data import Labels
from opsef_core.models import Example, Segmenter
from opsef_core.models.nucleaizer.trainer import NucleAIzerTrainer, targets

REPEATS = 5
MANY = 1000  # nuclei; such images are seen once
DIAMETER_PX = 24
VARIANTS: dict[str, dict[str, Any]] = {
    "fast, no correction": {"fast": True, "correct_with": None},
    "fast": {"fast": True},
    "size given, no correction": {"diameter_px": DIAMETER_PX, "correct_with": None},
    "two passes, no correction": {"correct_with": None},
    "two passes, correction (the default)": {},
    "default in eight views": {"views": 8},
}
TITLE = "nucleAIzer: what it costs"
ABOUT = (
    "Drawn nuclei of 24 px; median of five, of the large images one run, loading not counted; each row in a process of "
    "its own, for its peak memory. Asked: 520 x 696 px with 120 nuclei, light, fast: at most 3 s on two cores, 0.05 s "
    "on a data-centre GPU (published: 2 s on a GTX 1080 Ti). A training step is four crops of 256 px with about a "
    "hundred nuclei in all; asked: at most 3 s on two cores; beside it torchvision's Mask R-CNN with ResNet-18 and FPN "
    "as it comes, on the same crops. The parts of a step: features, proposals, heads (classes, boxes, masks and their "
    "targets), and back with optimiser."
)


def nuclei(shape: tuple[int, int], count: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """A grey image of bright discs on a jittered grid, and their label image."""
    rng = np.random.default_rng(0)
    columns = int(np.ceil(np.sqrt(count * shape[1] / shape[0])))
    rows = -(-count // columns)
    step_y, step_x = shape[0] / rows, shape[1] / columns
    ids = np.zeros(shape, np.int32)
    for n in range(count):
        centre = np.array([(n // columns + 0.5) * step_y, (n % columns + 0.5) * step_x]) + rng.uniform(-2, 2, 2)
        ids[disk(tuple(centre), rng.uniform(0.4, 0.5) * DIAMETER_PX, shape=shape)] = n + 1
    pixels = ndimage.gaussian_filter(rng.uniform(80, 200, count + 1)[ids] * (ids > 0), 1.0)
    return (pixels + rng.normal(20, 6, shape)).clip(0, 255).astype(np.uint8), ids


def device() -> str:
    """The GPU if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def median_s(work: Callable[[], object]) -> float:
    """Median seconds, after one run that does not count."""
    took = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        work()
        if device() == "cuda":
            torch.cuda.synchronize()
        took.append(time.perf_counter() - began)
    return float(np.median(took[1:]))


def segmenter(parameters: dict[str, Any]) -> Segmenter:
    """NucleAIzer with these, seen in eight views if they say so."""
    own = {k: v for k, v in parameters.items() if k != "views"}
    made: Segmenter = model("nucleaizer", **own)
    if "views" in parameters:
        made = model("tta", of=made, views=parameters["views"])
    return made


def image_row(name: str, shape: tuple[int, int], count: int) -> dict[str, object]:
    """Seconds and memory of one variant."""
    image = Image(nuclei(shape, count)[0], "YX", "drawn")
    ready = segmenter(VARIANTS[name]).ready(device())
    began = time.perf_counter()
    found = int(ready(image).count)
    once = time.perf_counter() - began
    seconds = once if count >= MANY else median_s(lambda: ready(image))
    row = {"what": f"{shape[0]} x {shape[1]} px, {count} nuclei: {name}", "s": round(seconds, 3)}
    return {**row, "objects": found, "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def crops() -> Iterator[tuple[torch.Tensor, dict[str, torch.Tensor]]]:
    """Four crops as the training sees them."""
    for _ in range(4):
        pixels, ids = nuclei((256, 256), 30)
        seen = np.repeat(pixels[None].astype(np.float32) / 255, 3, axis=0)
        yield torch.from_numpy(seen), targets(ids)


@contextmanager
def timed(parts: dict[str, nn.Module], into: dict[str, float]) -> Iterator[None]:
    """Add up the seconds of calls of these modules."""
    plain = {name: part.forward for name, part in parts.items()}

    def wrapped(name: str) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            made = plain[name](*args, **kwargs)
            into[name] = into.get(name, 0.0) + time.perf_counter() - began
            return made

        return forward

    for name, part in parts.items():
        part.forward = wrapped(name)
    try:
        yield
    finally:
        for part in parts.values():
            del part.forward


def our_step() -> list[dict[str, object]]:
    """A step of the light network, and its parts."""
    pixels, ids = nuclei((256, 256), 30)
    example = Example(Image(pixels, "YX", "drawn"), Labels(ids, "YX", "drawn"))
    trainer = NucleAIzerTrainer([example], device(), 0)
    trainer.begin(None)
    batch = trainer.together(list(crops()))
    into: dict[str, float] = {}
    net = trainer.net
    with timed({"features": net.trunk, "proposals": net.rpn, "heads": net.roi_heads}, into):
        whole = median_s(lambda: trainer._step(batch, 500, 1e-4))
    shares = {name: total / (REPEATS + 1) for name, total in into.items()}
    shares["back and optimiser"] = whole - sum(shares.values())
    said = ", ".join(f"{name} {max(0.0, s) / whole:.0%}" for name, s in shares.items())
    return [{"what": f"training step, light ({said})", "s": round(whole, 2)}]


def their_step() -> float:
    """A step of torchvision's, with its own settings, a mask for each nucleus."""
    net = TorchvisionMaskRCNN(
        resnet_fpn_backbone(backbone_name="resnet18", weights=None, trainable_layers=5), 2, min_size=256, max_size=256
    ).to(device())
    net.train()
    optimiser = torch.optim.AdamW(net.parameters(), 1e-4)
    images, wanted = [], []
    for pixels, target in crops():
        masks = (target["image"][None] == target["ids"][:, None, None]).to(torch.uint8)
        images.append(pixels.to(device()))
        wanted.append({k: v.to(device()) for k, v in {**target, "masks": masks}.items() if k != "image"})

    def step() -> None:
        losses = net(images, wanted)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        optimiser.step()

    return median_s(step)


def apart(*arguments: object) -> dict[str, object]:
    """A row measured in a process of its own."""
    command = [sys.executable, __file__, *(str(a) for a in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    row: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return row


def measure() -> list[dict[str, object]]:
    """All rows."""
    rows = [apart(name, 520, 696, 120) for name in VARIANTS]
    rows += [apart("fast, no correction", 2048, 2048, 5000), apart("two passes, no correction", 4096, 4096, 5000)]
    ours = our_step()
    theirs = their_step()
    ratio = theirs / float(str(ours[0]["s"]))
    rows += [
        *ours,
        {"what": f"training step, torchvision's ResNet-18 FPN ({ratio:.1f} times ours)", "s": round(theirs, 2)},
    ]
    return [{**row, "device": torch.cuda.get_device_name() if device() == "cuda" else "cpu"} for row in rows]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(image_row(sys.argv[1], (int(sys.argv[2]), int(sys.argv[3])), int(sys.argv[4]))))
    else:
        print(json.dumps(measure()))
