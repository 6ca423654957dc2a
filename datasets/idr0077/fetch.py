"""Put the light-sheet volume of an Arabidopsis flower where `opsef.dataset("idr0077")` looks for it.

    python datasets/idr0077/fetch.py --from FILE_OR_FOLDER

The file of the study holds eight views in several channels and is too large to be fetched by a script: open it, choose
one view and the channel of the nuclei (H2B:mRuby2), and save that as a TIFF stack.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fetching import Way, main  # noqa: E402 - it lies beside this folder

WAY = Way(
    by_hand=(
        "open '2018-12-18 ASY H2B bud 05 3D 8 angles.czi' of https://idr.openmicroscopy.org (study idr0077, data set "
        "'02 3D Flower'), choose one view and the channel of the nuclei, save it as a TIFF stack."
    ),
    wanted=["*.tif", "*.tiff"],
)

if __name__ == "__main__":
    sys.exit(main(HERE, WAY))
