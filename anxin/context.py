"""What every page may show about the site and the person."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

from people.gates import IDLE, WARNED, navigation


def site(request: HttpRequest) -> dict[str, object]:
    """Site name and mode, and on the staff site the person's navigation."""
    context: dict[str, object] = {"site": settings.SITE, "demo": settings.DEMO}
    if settings.SITE != "public":
        context["navigation"] = navigation(request)
        context["warned_after"] = (IDLE - WARNED) // timedelta(seconds=1)
        context["warned_minutes"] = WARNED // timedelta(minutes=1)
    return context
