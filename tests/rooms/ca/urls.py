"""The staff site without the houses above."""

from django.urls import include, path

urlpatterns = [path("", include("people.urls")), path("ca/", include("ca.urls_staff"))]
