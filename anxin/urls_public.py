"""Map 1 of 3, public site: no sign-in, no staff page, nothing that could be one."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("ra.urls_public")),
    path("", include("ca.urls_public")),
]
