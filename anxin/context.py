"""What every page may show about the site and the person."""

from django.conf import settings
from django.http import HttpRequest

from people.gates import IDLE, navigation


def site(request: HttpRequest) -> dict[str, object]:
    """Site name and mode, and on the staff site the person's navigation."""
    context: dict[str, object] = {"site": settings.SITE, "demo": settings.DEMO}
    if settings.SITE != "public":
        context["navigation"] = navigation(request)
        context["idle_seconds"] = int(IDLE.total_seconds())
    return context
