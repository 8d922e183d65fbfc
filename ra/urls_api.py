"""The interface for systems of partner RAs, below /api/v1/ (docs/api)."""

from django.urls import path

from ra.api import views

ONE = "applications/<str:number>"
CERTIFICATE = "certificates/<int:certificate_id>"

urlpatterns = [
    path("schema", views.schema, name="api-schema"),
    path("applications", views.Applications.as_view(), name="api-applications"),
    path(ONE, views.Application.as_view(), name="api-application"),
    path(f"{ONE}/evidence/<str:slot>", views.Evidence.as_view(), name="api-evidence"),
    path(f"{ONE}/verifications", views.Verifications.as_view(), name="api-verifications"),
    path(f"{ONE}/handing-in", views.HandingIn.as_view(), name="api-handing-in"),
    path(f"{ONE}/codes", views.Codes.as_view(), name="api-codes"),
    path(CERTIFICATE, views.Certificate.as_view(), name="api-certificate"),
    path(f"{CERTIFICATE}/revocation-requests", views.Revocations.as_view(), name="api-revocations"),
    path("<path:rest>", views.Nowhere.as_view(), name="api-nowhere"),
]
