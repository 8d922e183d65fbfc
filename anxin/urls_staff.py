"""Map 1 of 3, staff site: which room answers which address."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("people.urls")),
    path("w/", include("ra.urls_staff")),
    path("api/v1/", include("ra.urls_api")),
    path("ca/", include("ca.urls_staff")),
    path("audit/", include("audit.urls")),
]
