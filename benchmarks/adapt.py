"""Adaptation without annotation, proved on images whose annotation is known: one domain is left out, then adapted to.

    python benchmarks/adapt.py start DOMAIN   # train the start model without the domain; goes on where it stopped
    python benchmarks/adapt.py DOMAIN [SEED [VARIANT ...]]  # all variants of a domain; what is done is not done again
    python benchmarks/run_all.py adapt        # the small version (tissue, one seed), and all that was done before
    OPSEF_ADAPT=done python benchmarks/run_all.py adapt   # nothing new: only what was done before
    OPSEF_ADAPT=full python benchmarks/run_all.py adapt   # three domains, five seeds, longer: for a GPU

What a variant scored is kept in benchmarks/adapt_done, beside the start model of its domain, so that the proof grows by
a seed at a time; delete a file there to measure it anew, and a folder where another start model is to be trained.
Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from opsef_core import dataset, model
from opsef_core.compare import interval_of_mean
from opsef_core.data import overlaps
from opsef_core.models import About, Example, Segmenter, find_device, fit
from opsef_core.models._fit._judge import evenly
from opsef_core.models.unet.trainer import UNetTrainer
from opsef_core.preprocess import Recipe
from opsef_core.run.adaptation.judge import TRUTH
from opsef_core.run.train import examples_from

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
RUNS = ROOT / "runs" / "benchmark_adapt"
DONE = Path(__file__).with_name("adapt_done")
FULL = os.environ.get("OPSEF_ADAPT") == "full"
ONLY_DONE = os.environ.get("OPSEF_ADAPT") == "done"
DOMAINS = {
    "tissue": ("purple_tissue", "pink_purple_tissue"),
    "large_fluorescent": ("large_fluorescent",),
    "grayscale_tissue": ("grayscale_tissue",),
}
SHIPPED = {"tissue": "unet-without-tissue"}  # start models that are in the zoo
ASKED = tuple(DOMAINS) if FULL else ("tissue",)
SEEDS = range(5 if FULL else 1)
START_HOURS = float(os.environ.get("OPSEF_START_HOURS", "0.5"))
START = {"scratch": True, "steps": 100_000, "hours": START_HOURS, "score_every": 200, "look_at": 16}
PLAN = {"look_at": 16, "score_every": 75, "steps": 2000 if FULL else 150, "learning_rate": 1e-3}
STYLES = {"most_styles": 12, "masks_a_style": 40} if FULL else {"most_styles": 3, "style_hours": 0.06}
FRACTION = 0.5
JUDGED = 113 if FULL else 24  # held-out images of the old kinds
SHOWN = 500 if FULL else 48  # images of the new kind that are adapted to
if not FULL:
    UNetTrainer.crop_px = 128  # a quarter of the work a step, which counts on a CPU
BEHIND = "AUTOstyle_behind"
VARIANTS = ("NOstyle", "AUTOstyle", BEHIND, "GTstyle", "annotated")
USUAL = tuple(v for v in VARIANTS if v != BEHIND)
TITLE = "Adaptation without annotation"
ABOUT = (
    "A U-Net is trained from scratch without one domain of BBBC038 train, then adapted with one half of the domain's "
    "images (halves by group of look-alikes; odd seeds swap them) and scored on the other half: DSB-score. NOstyle: "
    "equally many further steps on the old images. AUTOstyle: styles learned from what the start model finds, half of "
    "the crops painted; nothing of the domain's annotation is used. AUTOstyle_behind: the same with all images of the "
    "domain behind the steadiest recipe; `start` is then the start model behind it. GTstyle: styles learned from the "
    "true labels. annotated: equally many steps on the true labels of the half; so few steps are no upper bound of "
    "what annotation gives. Shapes of the left-out domain are not in the shape bank; the similarity that sorts images "
    "into styles was learned from groups of all domains, not from nuclei. `start, steadiest look`: the start model "
    "behind the one recipe of raw, grey, inverted that is steadiest. `over NOstyle`: paired over images and seeds, 95 "
    "% bootstrap interval over images, of which some are look-alikes. `used`: how often the comparison that knows no "
    "truth took the adapted model; `in the end`: DSB-score of the model the user is left with. The small version, "
    "made for a CPU, is 150 steps of eight crops of 128 px at a learning rate of 1e-3, at most 48 images to adapt to, "
    "the three largest styles, 3.6 minutes each. Its start model of tissue is the shipped unet-without-tissue, the "
    "other two were trained for half an hour on one core in the same way, which is little, so that these two domains "
    "say less. `minutes`: of a variant, on a slow machine of two cores with one to three other jobs beside it. All "
    "rows were made before the images that choose the best state of a retraining were parted from those that decide. "
    "GPU: not measured. Published gains (Hollandi et al. 2020): +0.040 histology, +0.043 stage-1 test, -0.050 "
    "fluorescence."
)


@cache
def others(domain: str, split: str) -> list[Example]:
    """The annotated images of a split that are not of the domain."""
    data = dataset("bbbc038", folder=PLACE, where={"split": split})
    return [e for e in examples_from(data, ["image_class", "group"]) if e.kind not in DOMAINS[domain]]


@cache
def halves(domain: str, seed: int) -> tuple[list[Example], list[Example]]:
    """The domain's images to adapt to, and those to score; look-alikes stay together, halves are about equal."""
    data = dataset("bbbc038", folder=PLACE, where={"image_class": list(DOMAINS[domain])})
    groups = data.table["group"]
    sides: tuple[list[str], list[str]] = ([], [])
    for _, rows in sorted(groups.groupby(groups), key=lambda item: (-len(item[1]), item[0])):
        min(sides, key=len).extend(rows.index)
    known = {e.image.name: e for e in examples_from(data)}
    made = tuple([known[name] for name in sorted(side)] for side in sides)
    shown, scored = (made[1], made[0]) if seed % 2 else (made[0], made[1])
    return evenly(shown, SHOWN), scored


def start(domain: str) -> Segmenter:
    """A U-Net that has never seen the domain: shipped, or trained if it is not there yet."""
    if domain in SHIPPED:
        return model("unet", pretrained=SHIPPED[domain])
    done = DONE / domain / "start"
    if not done.exists():
        folder = RUNS / domain / "start"
        about = About(
            title=f"U-Net that has never seen {' and '.join(DOMAINS[domain])}; a start model of benchmarks/adapt.py",
            licence="CC0-1.0 (trained on CC0 images)",
            dataset="BBBC038v1 stage1_train, split train, without these classes",
        )
        old, judging = others(domain, "train"), others(domain, "validation")
        fit(model("unet"), old, folder, validation=judging, about=about, **START)
        shutil.copytree(folder, done, ignore=shutil.ignore_patterns("training", ".*"))
    return model("unet", pretrained=str(done))


def scores(segmenter: Segmenter, examples: list[Example]) -> dict[str, float]:
    """DSB-score by image."""
    device = find_device("auto")
    ready = segmenter.ready(device)
    return {e.image.name: overlaps(e.truth.pixels, ready(e.image, device).pixels).dsb_score for e in examples}


def kept(what: str, domain: str, seed: int, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was measured once, by image or as rows; measured now if it was not."""
    file = file_of(what, domain, seed)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"date": date.today().isoformat(), **make()}, indent=1) + "\n")
    return dict(json.loads(file.read_text()))


def file_of(what: str, domain: str, seed: int) -> Path:
    """Where it is kept."""
    return DONE / domain / f"{what}_{seed}{'_full' if FULL else ''}.json"


def variant(name: str, domain: str, seed: int) -> dict[str, Any]:
    """One way to go on from the start model, scored on the half of the domain that it did not see."""
    return kept(name, domain, seed, lambda: _variant(name, domain, seed))


def _variant(name: str, domain: str, seed: int) -> dict[str, Any]:
    from opsef_core.run import adapt

    began = time.perf_counter()
    shown, scored = seen(domain, seed) if name == BEHIND else halves(domain, seed)
    old, judging, first = others(domain, "train"), evenly(others(domain, "validation"), JUDGED), start(domain)
    folder = RUNS / domain / file_of(name, domain, seed).stem
    evidence: list[dict[str, Any]] = []
    if name == "annotated":
        total = sum(e.share for e in old)
        new = [Example(e.image, e.truth, e.kind, total / len(shown)) for e in shown]
        made = fit(first, [*old, *new], folder, validation=judging, seed=seed, progress=False, **PLAN)
        fitted, why = made.fitted, ""
    else:
        done = adapt(
            [e.image for e in shown],
            first,
            folder,
            annotated=old,
            validation=judging,
            truth=[e.truth for e in shown] if name == "GTstyle" else None,
            variant=name.partition("_")[0],
            recipes=[Recipe()] if name == BEHIND else None,  # they are behind it already
            shapes_without=DOMAINS[domain],
            synthetic_fraction=FRACTION,
            seed=seed,
            progress=False,
            **PLAN,
            **STYLES,
        )
        fitted, why = done.adapted, repr(done).replace(str(ROOT), ".")
        evidence = json.loads(done.before_after.to_json(orient="records"))
    minutes = (time.perf_counter() - began) / 60
    return {"why": why, "evidence": evidence, "minutes": round(minutes, 1), "scores": scores(fitted, scored)}


def before(domain: str, seed: int) -> dict[str, Any]:
    """The start model, scored on the same half."""
    return kept("start", domain, seed, lambda: {"scores": scores(start(domain), halves(domain, seed)[1])})


def look(domain: str, seed: int) -> dict[str, Any]:
    """The start model under the recipe that is steadiest on the unlabelled half, scored on the other one."""
    return kept("look", domain, seed, lambda: _look(domain, seed))


def _look(domain: str, seed: int) -> dict[str, Any]:
    from opsef_core.run.adaptation.look import seeing, steadiest, usual_recipes

    shown, scored = halves(domain, seed)
    images, first = [e.image for e in shown], start(domain)
    recipe, steady = steadiest(first, images, usual_recipes(images[0]), "cpu")
    see = seeing(first, recipe, "cpu")
    found = {e.image.name: overlaps(e.truth.pixels, see(e.image).pixels).dsb_score for e in scored}
    return {"recipe": recipe.title, "steady": steady, "scores": found}


def seen(domain: str, seed: int) -> tuple[list[Example], list[Example]]:
    """Both halves, their images behind the steadiest recipe."""
    from opsef_core.run.adaptation.look import usual_recipes

    shown, scored = halves(domain, seed)
    by = {recipe.title: recipe for recipe in usual_recipes(shown[0].image)}
    recipe = by[look(domain, seed)["recipe"]]
    return [replace(e, image=recipe(e.image)) for e in shown], [replace(e, image=recipe(e.image)) for e in scored]


def taken(row: dict[str, Any]) -> bool:
    """Whether the comparison that knows no truth takes the adapted model: decided anew from what it saw."""
    from opsef_core.run.adaptation.judge import decide

    if not row["evidence"]:  # there was nothing to learn from
        return False
    return decide(pd.DataFrame(row["evidence"]).set_index("on").drop(TRUTH, errors="ignore"))[0]


def summary(domain: str, done: dict[tuple[str, int], dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a variant: mean over seeds and images, and the change over NOstyle of the same seed."""
    seeds = [s for v, s in done if v == "NOstyle"]
    scored = {key: pd.Series(row["scores"]) for key, row in done.items()}
    starts = {s: pd.Series(before(domain, s)["scores"]) for s in seeds}
    looks = [look(domain, s) for s in seeds]
    behind = {s: pd.Series(one["scores"]) for s, one in zip(seeds, looks, strict=True)}
    named = ", ".join(dict.fromkeys(str(one["recipe"]) for one in looks))
    made = [
        line(domain, "start", list(starts.values())),
        line(domain, f"start, steadiest look ({named})", list(behind.values())),
    ]
    for name in VARIANTS:
        own = [s for s in seeds if (name, s) in done]
        if not own:
            continue
        row = line(domain, name, [scored[name, s] for s in own])
        row["minutes"] = round(sum(done[name, s]["minutes"] for s in own) / len(own))
        if name != "NOstyle":
            row["over NOstyle"] = change([scored[name, s] - scored["NOstyle", s] for s in own])
        if name in ("AUTOstyle", BEHIND, "GTstyle"):
            used = [taken(done[name, s]) for s in own]
            stays = behind if name == BEHIND else starts
            left = [scored[name, s] if u else stays[s] for s, u in zip(own, used, strict=True)]
            row |= {"used": f"{sum(used)} of {len(used)}", "in the end": round(float(pd.concat(left).mean()), 3)}
            row["in the end over start"] = change([m - stays[s] for s, m in zip(own, left, strict=True)])
        made.append(row)
    return made


def change(by_seed: list[pd.Series]) -> str:
    """Mean of paired changes of all images and seeds, with its interval."""
    every = pd.concat(by_seed).to_numpy(float)
    low, high = interval_of_mean(every)
    return f"{every.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def line(domain: str, name: str, scores: list[pd.Series]) -> dict[str, Any]:
    """The beginning of a row: the mean over the images of all seeds."""
    every = pd.concat(scores)
    said = {"seeds": len(scores), "images x seeds": len(every), "DSB-score": round(float(every.mean()), 3)}
    return {"domain": domain, "variant": name, **said}


def measure() -> list[dict[str, Any]]:
    """All rows: what is asked for now, and what was done before."""
    made = []
    for domain in DOMAINS:
        asked = SEEDS if domain in ASKED and not ONLY_DONE else ()
        every = [(v, s) for s in range(9) for v in VARIANTS]
        wanted = [(v, s) for v, s in every if (s in asked and v in USUAL) or file_of(v, domain, s).exists()]
        done = {(v, s): variant(v, domain, s) for v, s in wanted}
        made += summary(domain, done) if done else []
    return made


if __name__ == "__main__":
    if sys.argv[1] == "start":
        start(sys.argv[2])
    else:
        for seed in [int(sys.argv[2])] if len(sys.argv) > 2 else SEEDS:
            for name in sys.argv[3:] or USUAL:
                print(variant(name, sys.argv[1], seed)["why"], flush=True)
            before(sys.argv[1], seed)
            look(sys.argv[1], seed)
