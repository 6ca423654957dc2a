"""AJI+: the aggregated Jaccard index with every object in one pair at most."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data import Overlaps
from ._aggregated import aggregated
from ._metric import Metric, metric_kind


@metric_kind
class AJIPlus(Metric):
    """Sum of |T and P| / (sum of |T or P| + U); 0 to 1, higher is better.

    The sums go over pairs of a true object T and a predicted object P, one to one, chosen so that the sum of their IoU
    is as large as possible; U is the area of all objects in no pair, true and predicted. No IoU threshold: a pair with
    a small overlap counts, with its large union. Both images empty: 1; one empty: 0.
    Source: Graham et al. 2019, Medical Image Analysis 58:101563, doi:10.1016/j.media.2019.101563.
    """

    long_name: ClassVar[str] = "AJI+"

    def of(self, overlaps: Overlaps) -> float:
        """The AJI+ of one image."""
        return aggregated(overlaps, _one_to_one(overlaps))


def _one_to_one(overlaps: Overlaps) -> NDArray[np.int64]:
    """The pairs of the one-to-one assignment with the largest sum of IoU."""
    rows, columns = overlaps.rows, overlaps.columns
    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1) if len(rows) else rows > 0
    open_pairs = np.flatnonzero(~alone)
    chosen = _assigned(rows[open_pairs], columns[open_pairs], overlaps.iou[open_pairs])
    return np.concatenate([np.flatnonzero(alone), open_pairs[chosen]])


def _assigned(rows: NDArray[np.int64], columns: NDArray[np.int64], gain: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the pairs of a one-to-one assignment with the largest total gain (sparse Jonker and Volgenant).

    The solver gives every row a column. So each row gets a column of its own besides, for no gain: whoever is assigned
    to that one stays without a partner.
    """
    if not len(rows):
        return np.zeros(0, np.int64)
    from scipy.sparse import coo_array, csr_matrix
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    row_ids, row = np.unique(rows, return_inverse=True)
    column_ids, column = np.unique(columns, return_inverse=True)
    n, own = len(row_ids), len(column_ids) + np.arange(len(row_ids))
    cost = np.concatenate([2.0 - gain, np.full(n, 2.0)])  # never 0, which would be no edge
    where = np.concatenate([row, np.arange(n)]), np.concatenate([column, own])
    graph = csr_matrix(coo_array((cost, where), shape=(n, len(column_ids) + n)))
    taken_rows, taken_columns = min_weight_full_bipartite_matching(graph)
    partner = np.full(n, -1)
    partner[taken_rows] = taken_columns
    return np.asarray(np.flatnonzero(partner[row] == column), np.int64)
