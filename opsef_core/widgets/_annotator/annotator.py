"""The annotator's side of the kernel: images out, edits in, each stored before it is acknowledged.

It knows no browser. A view edits its own copy of the ids, so that drawing is fluid and goes on without a kernel; what
it changed comes as patches, each with the revision it was made on (see `Sheet.edited`), and may be sent twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...errors import OpsefError
from .._answer import Answer
from .._layers import packed
from .._pictures import png
from .._viewable import known
from .assistant import Assistant
from .folder import AnnotationFolder
from .given import Given
from .log import AnnotationLog
from .patches import patch_of
from .sheet import EDITED, FINISHED, UNTOUCHED, OutOfStep, Sheet

log = logging.getLogger(__name__)
KEPT = 3  # images that stay in memory
MARKS = {UNTOUCHED: "0", EDITED: "1", FINISHED: "2"}


class Annotator:
    """Answers the questions of a view.

    Args:
        given: what is annotated.
        folder: where annotations are stored.
        assistant: who suggests contours.
        annotator: who is at work.
    """

    def __init__(self, given: Given, folder: AnnotationFolder, assistant: Assistant, annotator: str = "") -> None:
        self._given, self.folder, self.assistant = given, folder, assistant
        self._log = AnnotationLog(folder.folder, annotator)
        self._sheets: dict[str, Sheet] = {}
        self.names = given.names
        self.marks = "".join(self._mark(name) for name in self.names)

    def to(self, question: Mapping[str, Any]) -> Answer:
        """The answer to {"kind", "image", ...}; kinds are open, edit, finish, leave, suggest.

        Whatever goes wrong is an answer, too: {"kind": "problem", "about", "image", "text", ...}. An edit that
        could not be stored must be seen.
        """
        kind, image = str(question.get("kind")), str(question.get("image"))
        acts: dict[str, Callable[[str, Mapping[str, Any]], Answer]] = {
            "open": self._open,
            "edit": self._edit,
            "finish": self._finish,
            "leave": self._leave,
            "suggest": self._suggest,
        }
        about = {"about": kind, "image": image, "number": question.get("number"), "editor": question.get("editor")}
        try:
            return acts[kind](known("image", image, self.names), question)
        except OutOfStep as error:
            return {"kind": "problem", "stale": True, "text": str(error)} | about
        except OpsefError as error:
            text = str(error)
        except Exception as error:  # a file that went away, a library that fails
            log.warning("the annotator could not answer %s of %s", kind, image, exc_info=True)
            text = f"This did not work: {error or type(error).__name__}"
        return {"kind": "problem", "text": text} | about

    def sheet(self, name: str) -> Sheet:
        """An image as it is now.

        Raises:
            OpsefError: image or annotations cannot be read.
        """
        if name not in self._sheets:
            image, start = self._given.pair(name)
            self._keep(self.folder.resumed(image, start))
        return self._sheets[name]

    def _open(self, name: str, question: Mapping[str, Any]) -> Answer:
        sheet = self.sheet(name)
        self._log.opened(name)
        self.assistant.prepare(sheet.image)
        if question.get("known") is not None:  # the view has it; is it still the same?
            return {"kind": "opened", "image": name, "revision": sheet.revision}
        for one in sheet.classes.values():
            if one not in self.folder.classes:
                self.folder.classes.append(one)
        return {
            "kind": "image",
            "image": name,
            "height": sheet.ids.shape[0],
            "width": sheet.ids.shape[1],
            "um": sheet.image.spacing_um.get("X"),
            "png": png(sheet.image.for_display()),
            "ids": packed(sheet.ids),
            "classes": {str(number): text for number, text in sheet.classes.items()},
            "names": list(self.folder.classes),
            "largest": sheet.largest,
            "revision": sheet.revision,
            "editor": sheet.editor,
            "finished": sheet.finished,
        }

    def _edit(self, name: str, question: Mapping[str, Any]) -> Answer:
        before = self.sheet(name)
        after = before.edited(
            question["steps"], int(question["revision"]), str(question["editor"]), self.folder.classes
        )
        if after.revision != before.revision:
            self._store(after)
        self._log.worked(name, float(question.get("seconds") or 0))
        return self._saved(name)

    def _finish(self, name: str, question: Mapping[str, Any]) -> Answer:
        self._store(replace(self.sheet(name), finished=bool(question.get("finished"))))
        self._log.worked(name, float(question.get("seconds") or 0))
        return self._saved(name)

    def _leave(self, name: str, question: Mapping[str, Any]) -> Answer:
        if name in self.folder.names:  # nothing is written for an image that was only looked at
            self._log.worked(name, float(question.get("seconds") or 0))
        self._log.left(name)
        return self._saved(name)

    def _suggest(self, name: str, question: Mapping[str, Any]) -> Answer:
        sheet, method = self.sheet(name), str(question["method"])
        about = {"image": name, "number": question.get("number"), "method": method}
        if not self.assistant.ready(sheet.image, method):
            return {"kind": "wait"} | about
        chosen = {key: question[key] for key in ("threshold", "inverted") if question.get(key) is not None}
        points = [(y, x) for x, y in question["points"]]
        found = self.assistant.suggest(sheet.image, points, sheet.ids, method, **chosen)
        inside = patch_of(found.mask.astype("int32"), *found.window)
        told = {"threshold": found.threshold, "score": found.score, "area": found.area_px}
        return {"kind": "suggestion", "patch": inside} | told | about

    def _saved(self, name: str) -> Answer:
        sheet = self.sheet(name)
        return {"kind": "saved", "image": name, "revision": sheet.revision, "marks": self.marks}

    def _store(self, sheet: Sheet) -> None:
        """On disk, then in memory."""
        self.folder.store(sheet)
        self._keep(sheet)
        place = self.names.index(sheet.image.name)
        self.marks = self.marks[:place] + MARKS[sheet.state] + self.marks[place + 1 :]

    def _keep(self, sheet: Sheet) -> None:
        self._sheets.pop(sheet.image.name, None)
        self._sheets[sheet.image.name] = sheet
        for name in list(self._sheets)[:-KEPT]:
            del self._sheets[name]

    def _mark(self, name: str) -> str:
        state = self.folder.state(name)
        return MARKS[FINISHED if state.get("finished") else EDITED if state.get("revision") else UNTOUCHED]
