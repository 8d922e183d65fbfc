"""The staff site without the houses above people."""

from django.http import HttpResponse
from django.urls import include, path

from people.api import Role
from people.gates import actor_of, only, signed_in


@only(Role.REVIEWER)
def reviewers_page(request):
    return HttpResponse(f"hello {actor_of(request).name}")


@signed_in
def everybodys_page(request):
    return HttpResponse("hello")


urlpatterns = [
    path("", include("people.urls")),
    path("queue/", reviewers_page, name="queue"),
    path("canteen/", everybodys_page, name="canteen"),
]
