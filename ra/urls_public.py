"""The registration authority's addresses on the public site."""

from django.urls import path

from ra.portal.views import pages as portal
from ra.portal.views import sending
from ra.publications import views as publications

urlpatterns = [
    path("", portal.home, name="portal-home"),
    path("apply/", sending.choose, name="portal-apply"),
    path("apply/papers/", sending.papers, name="portal-papers"),
    path("apply/hand-in/", sending.hand_in, name="portal-hand-in"),
    path("apply/sent/", sending.sent, name="portal-sent"),
    path("apply/for/<slug:profile>/", sending.apply, name="portal-apply-for"),
    path("correct/", sending.correct, name="portal-correct"),
    path("renew/", sending.renew, name="portal-renew"),
    path("ask/invoice/", sending.ask_invoice, name="portal-ask-invoice"),
    path("ask/<slug:purpose>/", sending.ask, name="portal-ask"),
    path("status/", portal.status, name="portal-status"),
    path("status/current/", portal.current, name="portal-progress"),
    path("pick-up/", portal.pick_up, name="portal-pick-up"),
    path("pick-up/done/", portal.picked_up, name="portal-picked-up"),
    path("pick-up/certificate.<str:form>", portal.file, name="portal-file"),
    path("revocation/", portal.revocation, name="portal-revocation"),
    path("fees/", portal.price_list, name="portal-fees"),
    path("publications/", publications.public_list, name="portal-publications"),
    path("publications/<slug:kind>/<str:version>/", publications.public, name="portal-publication"),
    path(
        "publications/<slug:kind>/<str:version>/file/",
        publications.public_file,
        name="portal-publication-file",
    ),
    path("language/", portal.language, name="language"),
]
