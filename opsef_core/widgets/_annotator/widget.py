"""The annotator: draw, correct and classify objects in the notebook."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import BadParameter
from .._answer import split
from .._browser import check_installed, module, style
from .._viewable import known
from .annotator import Annotator
from .assistant import Assistant
from .folder import AnnotationFolder
from .given import given

# Told apart also by people who see colours differently; none is as dark as a background or as grey as a cell.
CLASS_COLOURS = ("#ffd23f", "#3fc1ff", "#ff6f91", "#7be07b", "#c58cff", "#ff9f45", "#4fe0d0", "#f5f5f5", "#b9c26a")


def annotate(
    images: Any,
    labels: Any = None,
    *,
    classes: Iterable[str] = ("nucleus",),
    folder: str | Path = "annotations",
    assist: Any = None,
    annotator: str = "",
    device: str = "auto",
    image: str | None = None,
) -> Any:
    """Draw, correct and classify objects in a notebook; every edit is stored within two seconds.

    Tools: contour assist, drawing, brush, eraser, splitting, merging, deleting, classes; undo as often as wanted. The
    line at the foot of the widget lists keys and mouse. Contour assist has AnnotatorJ's keys: mark an object roughly
    (a click, a line round it, with shift a box), then q accepts the contour, ctrl+delete rejects it, u takes the
    inverse, esc cancels.

    Ids are stable for life: a new object gets the largest id there ever was + 1, of a split object the largest part
    keeps the id, merged objects get the id of the largest. Called again with the same folder, it goes on where it
    stopped. `annotations(folder)` reads what was drawn, to fit a model or to compare with the start.

    When the kernel stops, drawing goes on; what is not stored yet is kept in the browser, the note says so, and it is
    stored when this cell is run again.

    Args:
        images: a run; a data set; one `Image` (YX or CYX) or several; pairs of image and labels.
        labels: what to begin with: of a run the title of a grid point (the best if left out), else labels by name of
            their image or one for each. Without, all begin empty.
        classes: names of the kinds of objects; those of the labels and of an earlier time are added.
        folder: where annotations are stored, with a copy of the images: all that is needed to go on elsewhere.
        assist: a model with probability maps, `model("unet")`; None: contours are suggested from the image alone.
        annotator: who draws; stands in annotation_log.csv.
        device: for the model.
        image: the one to begin with; the first that is not finished if left out.

    Returns:
        The widget.

    Raises:
        MissingPackage: the extra `notebook` is not installed.
        NothingToShow: no image, or a run without results.
        BadParameter: something that cannot be annotated; no class; a model without probability maps.
        UnknownName: no such image or grid point.
        BadRunFolder: the folder holds something else.
        CannotWrite, DiskFull: it cannot be written.
        BadImage, BadLabels: the first image cannot be annotated.
    """
    check_installed("The annotator")
    names = [classes] if isinstance(classes, str) else list(classes)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise BadParameter("Name at least one class, for example classes=('nucleus',).")
    who = Annotator(given(images, labels), AnnotationFolder(folder, names), Assistant(assist, device), annotator)
    first = known("image", image, who.names) if image is not None else who.names[max(who.marks.find("0"), 0)]
    who.sheet(first)  # what is wrong with it is said here, not in the browser
    return _annotator()(who, first)


def about(who: Annotator) -> dict[str, Any]:
    """What the browser needs from the start."""
    return {
        "images": who.names,
        "token": who.folder.token,
        "folder": str(who.folder.folder),
        "classes": who.folder.classes,
        "colours": CLASS_COLOURS,
        "methods": who.assistant.methods,
    }


@cache
def _annotator() -> Any:
    """The widget's class; made when it is first needed, since its base is an optional package."""
    import anywidget
    import traitlets

    class AnnotatorWidget(anywidget.AnyWidget):
        """Draw, correct and classify objects."""

        _esm = module("annotator")
        _css = style("annotator")
        about: Any = traitlets.Dict().tag(sync=True)  # names, classes, colours, methods
        first: Any = traitlets.List().tag(sync=True)  # the first image: a saved notebook keeps it
        marks: Any = traitlets.Unicode().tag(sync=True)  # one character an image: 0 untouched, 1 edited, 2 finished

        def __init__(self, who: Annotator, image: str) -> None:
            self._who = who
            first = [who.to({"kind": "open", "image": image})]
            super().__init__(about=about(who), first=first, marks=who.marks)
            self.on_msg(self._asked)

        def _asked(self, _: Any, question: Any, __: Any) -> None:
            if isinstance(question, dict) and "kind" in question:
                self.send(*split(self._who.to(question)))
                self.marks = self._who.marks

        def __repr__(self) -> str:
            finished, edited = self.marks.count("2"), self.marks.count("1")
            return f"Annotator({len(self.marks)} images, {edited} edited, {finished} finished)"

    return AnnotatorWidget
