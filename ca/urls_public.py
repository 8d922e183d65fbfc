"""The CA's addresses on the public site; those of machines are written into every certificate."""

from django.urls import path

from ca.crl import views as crl
from ca.endings import views as endings
from ca.hierarchy import views as hierarchy
from ca.issuing import views as issuing
from ca.ocsp import views as ocsp

urlpatterns = [
    path("ca/<slug:code>.cer", hierarchy.certificate_der, name="ca-certificate"),
    path("ca/<slug:code>.pem", hierarchy.certificate_pem, name="ca-certificate-pem"),
    path("crl/<slug:code>.crl", crl.fetch, name="crl"),
    path("ocsp/", ocsp.post, name="ocsp"),
    path("ocsp", ocsp.post),  # some clients take the slash for a mistake
    path("ocsp/<path:question>", ocsp.get, name="ocsp-get"),
    path("certificates/", crl.repository, name="repository"),
    path("certificates/notices/<str:number>/", endings.notice, name="ending-notice"),
    path("certificates/check/", issuing.check, name="certificate-check"),
    path("certificates/<str:serial>.cer", issuing.download, name="certificate-download"),
]
