"""Whatever is sent to the interface for partners, the answer is one its description has."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import schemathesis
import yaml
from django.utils.encoding import escape_uri_path
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from anxin.kernel.rates import Limit
from ra.api.views import DESCRIPTION
from ra.applications.models import Application
from ra.partners import rules
from tests.support import ra
from tests.support.partners import System, system

DESCRIBED = yaml.safe_load(DESCRIPTION.read_text())
OPERATIONS = [
    (method.upper(), path) for path, methods in DESCRIBED["paths"].items() for method in methods
]
UNSIGNED = "to be signed on the way"
HOW = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def site(partner: System) -> Callable:
    """The site as a WSGI application, behind somebody who signs what says that it wants to be."""

    def app(environ, start_response):
        method, kind = environ["REQUEST_METHOD"], environ.get("CONTENT_TYPE", "")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = escape_uri_path(environ["PATH_INFO"].encode("latin-1").decode())
        query = environ["QUERY_STRING"]
        if environ.get("HTTP_SIGNATURE") == UNSIGNED:
            answer = partner.send(method, path, body, query=query, kind=kind)
        else:
            answer = partner.client.generic(method, path, body, kind, QUERY_STRING=query)
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
        return [answer.content]

    return app


@pytest.fixture
def description(counter, evidence_dir, monkeypatch):
    monkeypatch.setattr(rules, "OFTEN", Limit(10**6, timedelta(minutes=1)))
    found = schemathesis.openapi.from_dict(DESCRIBED)
    found.app = site(system(counter.chen))
    drafts = [ra.draft(counter.chen), ra.submitted(counter, 2)[0]]
    numbers = list(Application.objects.filter(pk__in=drafts).values_list("number", flat=True))

    @found.hook
    def map_path_parameters(_context, said):
        """Two in three are about something that exists."""
        if said and "number" in said:
            numbers_ = [*numbers, said["number"]]
            said["number"] = numbers_[len(said["number"]) % 3]
        return said

    return found


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_schemathesis_finds_nothing(description, method, path, mode):
    """WP-5.3"""

    @HOW
    @given(description[path][method].as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(
            headers={"Signature": UNSIGNED},
            excluded_checks=[positive_data_acceptance],  # rules refuse what has the right shape
        )

    ask()
