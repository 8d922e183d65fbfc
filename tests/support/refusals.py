"""Acts that are refused."""

import pytest

from anxin.kernel.errors import Refusal


def refused(act, *arguments, **named):
    """The refusal this act ends in."""
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value


def refused_by(act, *arguments, **named):
    """The rule of that refusal."""
    return refused(act, *arguments, **named).rule
