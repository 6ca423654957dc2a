"""Who sits at the notebook."""

from __future__ import annotations

import getpass


def user_name() -> str:
    """The name of the user on this machine; "unknown" where there is none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
