"""What a run says about its grid points once it is scored: how sure the ranking is, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import pandas as pd

from ..compare import NotedTable, Verdict, compare_pairs, intervals, noted, training_warning, verdict
from .estimating import Estimating

if TYPE_CHECKING:
    from .run import Run


class Comparing(Estimating):
    """The part of `Run` that compares; it needs the scores and the ranking."""

    @property
    def scores(self) -> NotedTable | None:
        """The table the last `score` made."""
        raise NotImplementedError

    def rank(self, by: str | None = None) -> NotedTable:
        """Grid points from best to worst; `attrs["metric"]` says by what."""
        raise NotImplementedError

    def intervals(self, metric: str | None = None, by: str | None = None) -> NotedTable:
        """The ranking with a bootstrap interval for each mean, and seconds and memory beside it.

        Args:
            metric: that decides; the first one scored if left out.
            by: column that tells which images belong together, say "patient"; tiles of one image always do.

        Returns:
            See `compare.intervals`; `plots.forest` and `plots.pareto` draw it.

        Raises:
            NothingToShow: nothing has been scored yet, or there is no column `by`.
            UnknownName: no such metric in the table.
        """
        scores, metric = self._asked(metric)
        return noted(intervals(scores, metric, by=by), training_warning(scores))

    def compare(self, metric: str | None = None, by: str | None = None) -> NotedTable:
        """Every grid point against every other, image by image: by how much, and could it be chance.

        Args and errors as in `intervals`.

        Returns:
            See `compare.compare_pairs`; the column `in_words` says it in a sentence.
        """
        scores, metric = self._asked(metric)
        return noted(compare_pairs(scores, metric, by=by), training_warning(scores))

    def verdict(self, metric: str | None = None, by: str | None = None) -> Verdict:
        """In words: the best grid point, those not shown to be worse, and the cheapest of them.

        Args and errors as in `intervals`. See `compare.verdict`.
        """
        scores, metric = self._asked(metric)
        return verdict(scores, metric, by=by)

    def stability(
        self, changes: Iterable[str] | None = None, images: Iterable[str] | None = None, progress: bool = True
    ) -> pd.DataFrame:
        """How much of what a grid point finds it finds again in a changed image: mean DSB score of the two results.

        The sweep runs again on the changed images, in the folder `stability` of the run, and goes on where it was
        stopped. Steadiness is no proof: a method that finds nothing is steady, and so are most that never learned. A
        network that is not does not know what it sees. Stands beside agreement, does not enter it.

        Args:
            changes: of "mirrored" (left to right), "turned" (by a quarter), "smaller" (to 80 %; small objects lose by
                that alone, all grid points alike); all if left out.
            images: names; a few show enough. All if left out.
            progress: show a progress bar.

        Returns:
            One row an image x grid point: `image`, `grid_point`, a column a change, and their mean `stability`; 0 to
            1, NaN where a result failed.

        Raises:
            UnknownName: no such change, or no image of that name.
            NothingToShow: none of the images has a finished result, or one is a stack.
        """
        from .stability import CHANGES, stability  # it makes runs itself

        return stability(cast("Run", self), CHANGES if changes is None else changes, images, progress)

    def _asked(self, metric: str | None) -> tuple[pd.DataFrame, str]:
        """The scores, and the metric that decides; errors as in `rank`."""
        decides = str(self.rank(metric).attrs["metric"])
        scores = self.scores
        assert scores is not None  # or `rank` had said so
        return pd.DataFrame(scores), decides
