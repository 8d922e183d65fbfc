"""An order to seal reaches every signer, also one that is away just now (CPS 6.2.9). Pure."""

from enum import StrEnum

from anxin.kernel.states import Steps


class State(StrEnum):
    DUE = "due"  # the signer has not answered yet: nothing else is asked of it before
    SEALED = "sealed"


STEPS = Steps(("seal", [State.DUE], State.SEALED))
