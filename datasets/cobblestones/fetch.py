"""Put OpSeF's cobblestone images where `opsef.dataset("cobblestones")` looks for them.

    python datasets/cobblestones/fetch.py --from FOLDER_OR_ZIP

The authors share all images of their demonstrations in one folder; its layout is not known to us, so nothing is
downloaded: save what is needed and name it.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fetching import Way, main  # noqa: E402 - it lies beside this folder

WAY = Way(
    by_hand="save the cobblestone images from https://owncloud.gwdg.de/index.php/s/nSUqVXkkfUDPG5b into a folder."
)

if __name__ == "__main__":
    sys.exit(main(HERE, WAY))
