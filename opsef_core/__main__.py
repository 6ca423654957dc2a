"""The command line: `opsef` or `python -m opsef_core`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from . import __version__
from .commands import GROUPS
from .errors import OpsefError
from .places import staying_offline
from .terminal import err


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0; 1 if a part of it failed; 2 with the reason in words."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        with staying_offline(options.offline):
            status = options.command(options)
    except OpsefError as error:
        err.print(f"opsef: {error}", markup=False)
        return 2
    except KeyboardInterrupt:
        err.print("opsef: stopped; what is done is kept, and the same command goes on from here.")
        return 130
    return status if isinstance(status, int) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opsef", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--version", action="version", version=f"opsef-core {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, text: str) -> argparse.ArgumentParser:
        """Add a subcommand."""
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=function)
        made.add_argument(
            "--offline", action="store_true", help="download nothing; what is missing is an error at once"
        )
        return made

    for group in GROUPS:
        group.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
