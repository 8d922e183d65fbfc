"""Addresses below /audit/ of the staff site."""

from django.urls import path

from audit.reading import views

urlpatterns = [
    path("", views.journal, name="audit"),
    path("verify/", views.verify, name="audit-verify"),
]
