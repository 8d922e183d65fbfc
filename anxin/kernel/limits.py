"""How often one address may ask on a public page.

Counted in the memory of each process, because the public site may write no such thing anywhere: a
brake for scripts, of which nothing is kept. What must not be guessed has a pause of its own in its
row (`ra.handover`).
"""

from django.core.cache import cache

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.rates import Limit, counted_as


def check_rate(what: str, address: str, limit: Limit) -> None:
    """Count one more. Refuses `site.too_often`."""
    key = f"rate:{what}:{counted_as(address)}"
    cache.add(key, 0, timeout=limit.per.total_seconds())
    try:
        count = cache.incr(key)
    except ValueError:  # the window ended between the two lines
        return
    if count > limit.most:
        raise Refusal(
            Kind.TOO_OFTEN,
            "site.too_often",
            f"more than {limit.most} times",
            minutes=int(limit.per.total_seconds()) // 60,
        )
