"""Channel choice by name or index."""

from __future__ import annotations

from collections.abc import Sequence

from ..data import Act, Image
from ..errors import BadParameter, UnknownName

Channel = int | str


def choose_channel(image: Image, channel: Channel | Sequence[Channel]) -> Image:
    """Keep one channel (the C axis goes) or several in the order given (the C axis stays).

    A colour image has the channels "red", "green", "blue". Names may be written in capitals or not, as long as that
    is unambiguous. Channel 0 of an image without a C axis is the image itself. Lazy pixels stay lazy.

    Args:
        image: axes with or without C.
        channel: a name, an index from 0, or a list of them.

    Raises:
        UnknownName: no channel of that name; the nearest is offered, and all are named.
        BadParameter: no channel of that index, a name two channels have, a channel twice, or an empty list.
    """
    asked = [channel] if isinstance(channel, int | str) else list(channel)
    if not asked:
        raise BadParameter(f"No channel of {image.name} was chosen; give a name, an index, or a list of them.")
    indices = [_index(image, c) for c in asked]
    if len(set(indices)) < len(indices):
        raise BadParameter(f"A channel of {image.name} is chosen twice: {asked}.")
    if "C" not in image.axes:
        return image
    axis = image.axes.index("C")
    names = [image.channels[i] for i in indices]
    act = Act("channel", "channel", {"indices": indices, "names": names})
    before = (slice(None),) * axis
    if len(indices) == 1:
        return image.then(act, image.pixels[(*before, indices[0])], image.axes.replace("C", ""))
    return image.then(act, image.pixels[(*before, indices)], channels=tuple(names))


def _index(image: Image, channel: Channel) -> int:
    """The index of a channel given by index or name."""
    n = image.shape.get("C", 1)
    if isinstance(channel, str):
        return _named(image, channel)
    if isinstance(channel, bool) or not isinstance(channel, int) or not 0 <= channel < n:
        names = f": {', '.join(image.channels)}" if image.channels else ""
        many = f"the channels 0 to {n - 1}{names}" if n > 1 else f"one channel, 0{names}"
        raise BadParameter(f"{image.name} has no channel {channel!r}; it has {many}.")
    return channel


def _named(image: Image, name: str) -> int:
    """The index of the only channel of a name: as written or, if none is, in other capitals."""
    for known, wanted in ((image.channels, name), (tuple(c.lower() for c in image.channels), name.lower())):
        found = [i for i, c in enumerate(known) if c == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            raise BadParameter(f"{image.name} has {len(found)} channels called {name!r}; choose by index: {found}.")
    raise UnknownName(f"channel of {image.name}", name, image.channels)
