"""Whose is it already? Refusals for names and keys that somebody else holds."""

from anxin.kernel.errors import Kind, Refusal

CA_HOLDER = "ca:"  # keys of our own authorities and responders


def key_taken(holder: str, claimant: str) -> Refusal:
    """A public key is certified once; CPS 6.1.6 asks for keys nobody else knows."""
    if holder.startswith(CA_HOLDER):
        return Refusal(Kind.CONFLICT, "key.of_an_authority", "this is a key of a CA", cps="6.1.6")
    reason = "this key is certified already" + ("" if holder == claimant else " for another holder")
    return Refusal(Kind.CONFLICT, "key.certified", reason, cps="6.1.6")


def name_taken() -> Refusal:
    return Refusal(Kind.CONFLICT, "name.taken", "another subscriber bears this name", cps="3.1.4")
