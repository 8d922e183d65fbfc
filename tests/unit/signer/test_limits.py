"""One client may not take the signer from the others."""

from contextlib import ExitStack

import pytest

from pki.errors import TokenError
from pki.signer.limits import Limits


def refused(limits: Limits, client: int, octets: int) -> str:
    try:
        with limits.taken(client, octets):
            return ""
    except TokenError as error:
        return error.rule if not error.permanent else "for ever"


def test_a_client_has_so_many_requests_at_once_and_no_more():
    limits = Limits(requests=2)
    with ExitStack() as at_work:
        at_work.enter_context(limits.taken(7, 10))
        assert refused(limits, 7, 10) == ""
        at_work.enter_context(limits.taken(7, 10))
        assert refused(limits, 7, 10) == "signer.too_many_requests"
        assert refused(limits, 8, 10) == ""
    assert refused(limits, 7, 10) == ""


def test_a_client_has_so_many_octets_at_once_and_no_more():
    limits = Limits(octets=100)
    with limits.taken(7, 60):
        assert refused(limits, 7, 40) == ""
        assert refused(limits, 7, 41) == "signer.too_many_octets"
        assert refused(limits, 8, 100) == ""
    assert refused(limits, 7, 100) == ""
    assert refused(limits, 7, 101) == "signer.too_many_octets"


def test_what_a_failed_request_took_is_given_back():
    limits = Limits(requests=1)
    with pytest.raises(ZeroDivisionError), limits.taken(7, 1):
        raise ZeroDivisionError

    assert refused(limits, 7, 1) == ""
