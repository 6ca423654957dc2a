"""Make opsef_core/adapt/similarity.npz: how likely two images are of one condition, from the groups of split.csv.

    python datasets/bbbc038/make_similarity.py PREPARED_FOLDER

Only images of the training split are learned from. First it is told how well this works on groups that are left out and
on the groups of the validation split, beside a small network that learns from the same pairs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier

from opsef_core.adapt import similarity
from opsef_core.adapt.features import feature_table
from opsef_core.adapt.similarity import FILE, Similarity, auc, learn_similarity
from opsef_core.ingest import dataset

FOLDS = 5


class Network(Similarity):
    """The same question put to a network with one hidden layer, to see whether it knows better."""

    learner: MLPClassifier

    def _same(self, one: np.ndarray, many: np.ndarray) -> np.ndarray:
        apart = np.minimum(np.abs(many - one), similarity.LARGEST_SD)
        return self.learner.predict_proba(apart)[:, 1]


def network(table: pd.DataFrame, groups: dict[str, str], seed: int = 0) -> Network:
    """Learn as `learn_similarity` does, from the same pairs, but with 16 hidden units."""
    line = learn_similarity(table, groups, seed)
    made = Network(line.names, line.mean, line.std, line.weights, line.intercept)
    rows, codes = similarity._grouped(table, groups)
    first, second, same = similarity._pairs(codes, np.random.default_rng(seed))
    z = made._standardised(rows)
    learner = MLPClassifier((16,), alpha=3.0, max_iter=200, random_state=seed)
    learner.fit(np.minimum(np.abs(z[first] - z[second]), similarity.LARGEST_SD), same)
    object.__setattr__(made, "learner", learner)
    return made


def main() -> None:
    """Measure on groups left out, learn from all, write the file, measure on the validation split."""
    tables, groups = {}, {}
    for split in ("train", "validation"):
        data = dataset("bbbc038", folder=Path(sys.argv[1]), where={"split": split})
        tables[split], groups[split] = feature_table(data.images, progress=True), dict(data.table["group"])
    table, known = tables["train"], groups["train"]
    names = np.array([known[name] for name in table.index])
    for title, learn in (("logistic regression", learn_similarity), ("network, 16 hidden units", network)):
        folds = GroupKFold(FOLDS, shuffle=True, random_state=0).split(table, groups=names)
        left_out = [auc(learn(table.iloc[a], known), table.iloc[b], known) for a, b in folds]
        print(f"{title}, groups left out: {pd.DataFrame(left_out).mean().round(3).to_dict()}")
        shown = auc(learn(table, known), tables["validation"], groups["validation"])
        print(f"{title}, validation: {pd.Series(shown).round(3).to_dict()}")
    print(f"{len(table)} images, {len(set(names))} groups: {learn_similarity(table, known).save(FILE)}")


if __name__ == "__main__":
    main()
