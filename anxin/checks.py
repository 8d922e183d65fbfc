"""System checks: the three maps must point at things that exist."""

from collections.abc import Sequence

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


@register()
def duties_resolve(app_configs: Sequence[object] | None, **kwargs: object) -> list[CheckMessage]:
    """Every duty names a service that can be imported; so do the settings."""
    errors: list[CheckMessage] = []
    named = {action: duty.perform for action, duty in settings.DUTIES.items()}
    for action, service in {**named, "OFFICE_WORKS": settings.OFFICE_WORKS}.items():
        try:
            import_string(service)
        except ImportError as error:
            errors.append(Error(f"duty {action}: {error}", id="anxin.E001"))
    return errors


@register()
def tasks_exist(app_configs: Sequence[object] | None, **kwargs: object) -> list[CheckMessage]:
    """Every follower, timetable row and queue names a registered task."""
    named = {task for followers in settings.FLOWS.values() for task in followers}
    named |= set(settings.CELERY_BEAT_SCHEDULE) | set(settings.CELERY_TASK_ROUTES)
    return [
        Error(f"no task is called {name}", id="anxin.E002")
        for name in sorted(named - set(current_app.tasks))
    ]


@register()
def sources_are_set_up(
    app_configs: Sequence[object] | None, **kwargs: object
) -> list[CheckMessage]:
    """The page of authority sources can be read (ra/lookups)."""
    try:
        import_string("ra.lookups.connectors.configured")()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="anxin.E003")]
    return []
