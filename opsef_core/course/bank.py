"""The question bank of a lesson: a YAML file, read and checked whole before the first question is asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError
from pydantic import model_validator as whole

from ..errors import BadConfig, UnknownName
from ..registry import explain

Number = StrictInt | StrictFloat
Value = StrictBool | StrictInt | StrictFloat | StrictStr
Text = Annotated[StrictStr, Field(min_length=1)]


class Question(BaseModel):
    """One entry of a question bank.

    Attributes:
        kind: choice (one of `options`), number, exercise (a value the student computes), guess (what comes out is
            known later).
        prompt: the question or the task.
        options: of a choice or a guess; a list of texts, or short name -> text. The notebook may give them instead.
        right: the right option, number or value.
        tolerance: how far from `right` a number may be, in the same unit.
        between: the smallest and the largest right number.
        at_least, at_most: one bound alone.
        follows: how what is right follows from what the notebook hands over as `right`, so that the notebook does not
            show it: largest (of a Series or mapping, the name of the largest value), product (of a list of numbers).
        times: of a product, one more factor, for example 1/60 of seconds in minutes.
        unit: behind the number, for example "px".
        hint: said after a wrong answer, and of an exercise that was not tried yet.
        why: the explanation, said after the right answer, or after two wrong ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["choice", "number", "exercise", "guess"]
    prompt: Text
    options: Annotated[list[Text], Field(min_length=2)] | Annotated[dict[Text, Text], Field(min_length=2)] | None = None
    right: Value | list[Value] | None = None
    tolerance: Annotated[Number, Field(ge=0)] | None = None
    between: tuple[Number, Number] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    follows: Literal["largest", "product"] | None = None
    times: Number = 1
    unit: StrictStr = ""
    hint: StrictStr = ""
    why: StrictStr = ""

    @property
    def choices(self) -> dict[str, str]:
        """Option -> its text; empty where the notebook gives them, or there are none."""
        if isinstance(self.options, dict):
            return dict(self.options)
        return {option: option for option in self.options or ()}

    @property
    def ruled(self) -> bool:
        """Whether the bank alone can judge an answer."""
        return any(rule is not None for rule in (self.right, self.between, self.at_least, self.at_most))

    @whole(mode="after")
    def _makes_sense(self) -> Question:
        rules = [self.right, self.between, (self.at_least, self.at_most) if self._bounded else None]
        given = sum(rule is not None for rule in rules)
        if isinstance(self.options, list) and len(set(self.options)) < len(self.options):
            raise ValueError("two `options` are the same")
        if given > 1:
            raise ValueError("give one rule: `right`, `between`, or `at_least` and `at_most`")
        if self.follows and (given or self.kind != "exercise"):
            raise ValueError("`follows` belongs to an exercise without a rule of its own")
        if self.times != 1 and self.follows != "product":
            raise ValueError("`times` belongs to `follows: product`")
        if self.between and not self.between[0] <= self.between[1]:
            raise ValueError("`between` is [smallest, largest]")
        later = self.kind in ("guess", "exercise") and not given  # the notebook tells what is right
        if self.tolerance is not None and not later and not _number(self.right):
            raise ValueError("`tolerance` belongs to a number in `right`")
        getattr(self, f"_check_{self.kind}")(given)
        return self

    @property
    def _bounded(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    def _check_choice(self, rules: int) -> None:
        if not isinstance(self.right, str) or rules != 1:
            raise ValueError("a choice has one of its options in `right`, as text (in quotes if in doubt)")
        if self.options and self.right not in self.choices:
            raise ValueError(f"`right` is {self.right!r}, which is none of the options {', '.join(self.choices)}")

    def _check_number(self, rules: int) -> None:
        if self.options:
            raise ValueError("a number has no `options`")
        if rules != 1 or (self.right is not None and not _number(self.right)):
            raise ValueError("a number needs a number in `right`, or `between`, `at_least`, `at_most`")

    def _check_exercise(self, rules: int) -> None:
        if self.options:
            raise ValueError("an exercise has no `options`")

    def _check_guess(self, rules: int) -> None:
        if rules:
            raise ValueError("what is right of a guess is told by the notebook, with lesson.reveal")


Bank = dict[str, Question]


def lessons() -> list[str]:
    """Names of the lessons that are shipped, in their order."""
    shipped = _shipped()
    found = shipped.iterdir() if shipped.is_dir() else ()
    return sorted(Path(one.name).stem for one in found if one.name.endswith(".yml"))


def banks(own: Iterable[str | Path] = ()) -> dict[str, Bank]:
    """Lesson -> questions, of all lessons that are shipped and of question files of your own; errors as `load_bank`."""
    return dict(load_bank(lesson) for lesson in (*lessons(), *own))


def load_bank(lesson: str | Path) -> tuple[str, Bank]:
    """The name and the questions of a lesson.

    Args:
        lesson: the name of a shipped lesson, or a question file of your own (.yml or .yaml).

    Raises:
        UnknownName: no lesson of that name.
        BadConfig: the file cannot be understood; file and question are named.
    """
    if str(lesson).endswith((".yml", ".yaml")):
        path = Path(lesson)
        return path.stem, _bank(path, str(path))
    if str(lesson) not in lessons():
        raise UnknownName("lesson", str(lesson), lessons())
    return str(lesson), _bank(_shipped() / f"{lesson}.yml", f"The question file {lesson}.yml")


def _shipped() -> Any:
    return files(__package__) / "questions"


def _bank(file: Any, where: str) -> Bank:
    try:
        text = file.read_text(encoding="utf8")
        values = yaml.safe_load(text)
        double = _double(yaml.compose(text, Loader=yaml.SafeLoader))
    except FileNotFoundError:
        raise BadConfig(f"There is no question file {where}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise BadConfig(f"{where} is not readable as YAML: {error}") from None
    if double:
        raise BadConfig(f"{where}: {double!r} stands there twice.")
    if not isinstance(values, Mapping) or not values:
        raise BadConfig(f"{where} must map the name of each question to what it is: name: {{kind: ..., prompt: ...}}.")
    return {str(name): _question(entry, f"{where}, question {str(name)!r}") for name, entry in values.items()}


def _question(entry: Any, where: str) -> Question:
    if not isinstance(entry, Mapping):
        raise BadConfig(f"{where} must be a mapping with the keys {', '.join(Question.model_fields)}.")
    try:
        return Question(**entry)
    except ValidationError as error:
        raise BadConfig(explain(where, Question, error)) from None
    except TypeError:  # a key that is no text
        raise BadConfig(f"{where} has a key that is no text: {[k for k in entry if not isinstance(k, str)]}.") from None


def _double(node: Any) -> str | None:
    """A name that stands twice in one mapping; YAML lets the last one count, and a question would be lost."""
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        twice = next((str(name) for place, name in enumerate(names) if name in names[:place]), None)
        return twice or next((found for _, value in node.value if (found := _double(value))), None)
    return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
