"""Whose row it was is not for the logs (CPS-9.4.2)."""

import io
import logging
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.test import RequestFactory

from anxin.middleware import RefusalMiddleware
from tests.support.people import hire

NAME = "林知夏"


@pytest.fixture
def log():
    """What the settings of the house write, as one text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    plain = settings.LOGGING["formatters"]["plain"]
    handler.setFormatter(DictConfigurator({"version": 1}).configure_formatter(dict(plain)))
    logging.getLogger().addHandler(handler)
    yield stream.getvalue
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def violated(db):
    """The error of a second person with one login; its message names her."""
    hire(NAME)
    with pytest.raises(IntegrityError, match=NAME) as failed, transaction.atomic():
        hire(NAME)
    return failed.value


def answer(error):
    return RefusalMiddleware(lambda _: None).process_exception(RequestFactory().get("/x/"), error)


def test_a_violated_constraint_is_logged_without_the_row(violated, log):
    answer(violated)

    assert "unexpected error E-" in log()
    assert "IntegrityError 23505" in log()
    assert "psycopg.errors.UniqueViolation" in log()
    assert "in hire" in log()  # where it happened is still told
    assert NAME not in log()


def test_an_error_that_followed_from_it_does_not_bring_it_back(violated, log):
    try:
        try:
            raise violated
        except IntegrityError:
            raise ValueError("something else")  # noqa: B904 -- as code does that forgets it
    except ValueError as error:
        answer(error)

    assert "something else" in log()
    assert NAME not in log()


def test_a_task_that_failed_is_logged_without_the_row(violated, log):
    """As Celery writes it: the error in the message, and its traceback."""
    logging.getLogger("celery.app.trace").error(
        "Task %(name)s raised: %(exc)s",
        {"name": "ra.hand_over", "exc": repr(violated)},
        exc_info=violated,
    )

    assert "Task ra.hand_over raised: IntegrityError('IntegrityError 23505" in log()
    assert NAME not in log()


def test_a_database_that_is_away_is_named_by_its_state(log, db):
    cause = OperationalError(f"canceling statement: Key (name)=({NAME})")

    assert answer(cause).status_code == 503

    assert "database unavailable: OperationalError without SQLSTATE" in log()
    assert NAME not in log()
