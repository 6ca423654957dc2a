"""A small run, as a notebook makes one."""

import opsef_core as opsef
from opsef_core import model


def a_run(folder, pairs, **options):
    return opsef.Run(folder, [image for image, _ in pairs], models=[model("threshold")], **options)


def truth_of(pairs):
    return [labels for _, labels in pairs]
