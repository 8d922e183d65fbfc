"""The registration authority's addresses on the public site."""

from django.urls import path

from ra.portal import views as portal

urlpatterns = [
    path("", portal.home, name="portal-home"),
    path("status/", portal.status, name="portal-status"),
    path("status/current/", portal.current, name="portal-progress"),
    path("pick-up/", portal.pick_up, name="portal-pick-up"),
    path("pick-up/done/", portal.picked_up, name="portal-picked-up"),
    path("pick-up/certificate.<str:form>", portal.file, name="portal-file"),
    path("revocation/", portal.revocation, name="portal-revocation"),
    path("fees/", portal.price_list, name="portal-fees"),
    path("language/", portal.language, name="language"),
]
