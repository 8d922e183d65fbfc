"""Addresses below /ca/ of the staff site."""

from django.urls import path

from ca.crl import views as crl
from ca.overview import views as overview

urlpatterns = [
    path("", overview.show, name="ca-overview"),
    path("authorities/<int:ca_id>/crl/", crl.demand, name="ca-crl-demand"),
]
