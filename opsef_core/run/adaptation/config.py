"""An adaptation as a file (`pipelines/adapt_*.yml`): which images, from which model, mixed with what."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from ...ingest import images
from ..train import Source, examples_from, made_model
from ..written import Written
from .adapting import Adapted, adapt
from .plan import AdaptPlan


class AdaptConfig(Written):
    """An adaptation.

    Attributes:
        start: `{model: name, parameter: value, ...}`, the model to adapt.
        target: data set of the new images; its truth, if it has any, is used for the comparison alone (and by GTstyle).
        images: instead of `target`: folder, pattern or files without truth.
        reading: options of reading `images`.
        annotated: annotated images that are mixed in, so that the model does not forget them.
        share_by: columns of the annotated data set's table, as in a training file.
        adapt: how; see `AdaptPlan`.
        use_truth: whether the target's truth may be looked at; false: as if there were none.
        device: auto, cpu, cuda, mps.
    """

    command: ClassVar = "adapt"
    told_by: ClassVar = frozenset({"start", "target", "adapt"})

    start: dict[str, Any]
    target: Source | None = None
    images: str | list[str] | None = None
    reading: dict[str, Any] = Field(default_factory=dict)
    annotated: Source | None = None
    share_by: list[str] = Field(default_factory=list)
    adapt: AdaptPlan = AdaptPlan()
    use_truth: bool = True
    device: str = "auto"

    def run(self, out: str | Path, *, data: Path | None = None, progress: bool = True) -> Adapted:
        """Do it, or go on with it, in a folder.

        Raises:
            BadConfig: neither or both of `target` and `images` are given.
            UnknownName, MissingWeights, BadLabels, BadRunFolder, ...: as for `adapt`.
        """
        from ...errors import BadConfig

        if (self.target is None) == (self.images is None):
            raise BadConfig("An adaptation needs either `target` (a data set) or `images` (files), not both or none.")
        opened = None if self.target is None else self.target.open(data)
        shown = images(self.images, **self.reading) if opened is None and self.images is not None else opened.images  # type: ignore[union-attr]
        return adapt(
            shown,
            made_model(self.start),
            out,
            annotated=None if self.annotated is None else examples_from(self.annotated.open(data), self.share_by),
            truth=opened.truth if opened is not None and self.use_truth else None,
            device=self.device,
            progress=progress,
            **self.adapt.model_dump(),
        )
