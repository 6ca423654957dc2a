"""Get the leaves of YAPiC's tutorial and put them where `opsef.dataset("leaves")` looks for them.

    python datasets/leaves/fetch.py                # download
    python datasets/leaves/fetch.py --from FILE    # an archive or folder you have already

Its checksum is not known to us; each file is read to see that it is an image.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fetching import Source, Way, main  # noqa: E402 - it lies beside this folder

ARCHIVE = "https://github.com/yapic/yapic/raw/355b295c44be0842912ff71e50929fa2a6d6b291/docs/example_data/leaves_example_data.zip"

WAY = Way(
    by_hand=f"save {ARCHIVE}.",
    sources=[Source(ARCHIVE)],
    wanted=["leaves_*.tif"],
)

if __name__ == "__main__":
    sys.exit(main(HERE, WAY))
