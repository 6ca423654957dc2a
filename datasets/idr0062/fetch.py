"""Get mouse blastocysts and a neural culture and put them where `opsef.dataset("idr0062")` looks for them.

    python datasets/idr0062/fetch.py                # download
    python datasets/idr0062/fetch.py --from FILE    # a file or folder you have already

The names are those of the study's list of files; that the archive has them at these addresses could not be tried.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fetching import Source, Way, main  # noqa: E402 - it lies beside this folder

FOLDER = "https://ftp.ebi.ac.uk/pub/databases/IDR/idr0062-blin-nuclearsegmentation/20190429-ftp"
NEURAL = "130520_Neural_Rosettes.tif"
EMBRYOS = ("B1_C1", "B1_C2", "B2_C1", "B2_C2", "B3", "B4_C1", "B4_C2", "B4_C3", "B5_C1", "B5_C2", "B5_C3")
BLASTOCYSTS = [f"{name}.tif" for name in EMBRYOS]

WAY = Way(
    by_hand="save 'Blastocysts' and 'Neural' of study idr0062 from https://idr.openmicroscopy.org into a folder.",
    sources=[Source(f"{FOLDER}/Neural/{NEURAL}"), *(Source(f"{FOLDER}/Blastocysts/{name}") for name in BLASTOCYSTS)],
    wanted=[NEURAL, *BLASTOCYSTS],
    columns=lambda name: {"kind": "neural" if name == NEURAL else "blastocyst"},
    largest=2**31,
)

if __name__ == "__main__":
    sys.exit(main(HERE, WAY))
