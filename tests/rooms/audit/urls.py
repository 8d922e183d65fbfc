"""The staff site as far as the auditors' floor."""

from django.urls import include, path

urlpatterns = [path("", include("people.urls")), path("audit/", include("audit.urls"))]
