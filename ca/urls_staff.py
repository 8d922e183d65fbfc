"""Addresses below /ca/ of the staff site."""

from django.urls import path

from ca.ceremonies import views as ceremonies
from ca.crl import views as crl
from ca.custody import views as custody
from ca.overview import views as overview

urlpatterns = [
    path("", overview.show, name="ca-overview"),
    path("authorities/<int:ca_id>/crl/", crl.demand, name="ca-crl-demand"),
    path("ceremonies/", ceremonies.index, name="ceremonies"),
    path("ceremonies/draft/", ceremonies.draft, name="ceremony-draft"),
    path("ceremonies/<str:number>/", ceremonies.show, name="ceremony"),
    path("ceremonies/<str:number>/ask/", ceremonies.ask, name="ceremony-ask"),
    path("ceremonies/<str:number>/discard/", ceremonies.discard, name="ceremony-discard"),
    path("ceremonies/<str:number>/open/", ceremonies.open_room, name="ceremony-open"),
    path("ceremonies/<str:number>/end/", ceremonies.end, name="ceremony-end"),
    path("ceremonies/<str:number>/record/", ceremonies.record, name="ceremony-record"),
    path("ceremonies/<str:number>/begin/<str:code>/", ceremonies.begin, name="ceremony-begin"),
    path("ceremonies/<str:number>/attest/<str:code>/", ceremonies.attest, name="ceremony-attest"),
    path("ceremonies/<str:number>/made/<str:code>/", ceremonies.made, name="ceremony-made"),
    path("custody/", custody.show, name="custody"),
    path("custody/sets/", custody.draft, name="custody-draft"),
    path("custody/sets/<int:set_id>/give-up/", custody.give_up, name="custody-give-up"),
    path("custody/seats/<int:seat_id>/", custody.seat, name="custody-seat"),
    path("custody/seats/<int:seat_id>/enrol/", custody.enrol, name="custody-enrol"),
    path("custody/seats/<int:seat_id>/receipt/", custody.receipt, name="custody-receipt"),
    path("custody/activations/", custody.ask, name="custody-ask"),
    path("custody/activations/<int:activation_id>/", custody.activation, name="custody-activation"),
    path("custody/activations/<int:activation_id>/share/", custody.bring, name="custody-bring"),
    path("custody/stop/", custody.stop, name="custody-stop"),
    path("custody/end/", custody.propose_end, name="custody-end"),
]
