"""Addresses below /ca/ of the staff site."""

from django.urls import path

from ca.authorities import views as authorities
from ca.ceremonies import views as ceremonies
from ca.crl import views as crl
from ca.custody import views as custody
from ca.devices import views as devices
from ca.endings import views as endings
from ca.overview import views as overview
from ca.profiling import views as profiles

urlpatterns = [
    path("", overview.show, name="ca-overview"),
    path("authorities/", authorities.index, name="authorities"),
    path("authorities/<slug:authority>/", authorities.show, name="authority"),
    path("authorities/<int:ca_id>/crl/", crl.demand, name="ca-crl-demand"),
    path("ceremonies/", ceremonies.index, name="ceremonies"),
    path("ceremonies/draft/", ceremonies.draft, name="ceremony-draft"),
    path("ceremonies/<str:number>/", ceremonies.show, name="ceremony"),
    path("ceremonies/<str:number>/ask/", ceremonies.ask, name="ceremony-ask"),
    path("ceremonies/<str:number>/discard/", ceremonies.discard, name="ceremony-discard"),
    path("ceremonies/<str:number>/open/", ceremonies.open_room, name="ceremony-open"),
    path("ceremonies/<str:number>/end/", ceremonies.end, name="ceremony-end"),
    path("ceremonies/<str:number>/paper/", ceremonies.paper, name="ceremony-paper"),
    path("ceremonies/<str:number>/record/", ceremonies.record, name="ceremony-record"),
    path("ceremonies/<str:number>/begin/<str:code>/", ceremonies.begin, name="ceremony-begin"),
    path("ceremonies/<str:number>/attest/<str:code>/", ceremonies.attest, name="ceremony-attest"),
    path("ceremonies/<str:number>/made/<str:code>/", ceremonies.made, name="ceremony-made"),
    path("endings/", endings.index, name="endings"),
    path("endings/declare/", endings.declare, name="ending-declare"),
    path("endings/<str:number>/", endings.show, name="ending"),
    path("endings/<str:number>/ask/", endings.ask_again, name="ending-ask"),
    path("endings/<str:number>/abort/", endings.abort, name="ending-abort"),
    path("endings/<str:number>/report/", endings.report, name="ending-report"),
    path("endings/<str:number>/steps/<str:code>/", endings.step, name="ending-step"),
    path(
        "endings/<str:number>/steps/<str:code>/leave-out/",
        endings.leave_out,
        name="ending-leave-out",
    ),
    path("profiles/", profiles.index, name="profiles"),
    path("profiles/<slug:profile>/", profiles.show, name="profile"),
    path("profiles/<slug:profile>/change/", profiles.change, name="profile-change"),
    path("profiles/<slug:profile>/new/", profiles.new, name="profile-new"),
    path("profiles/<slug:profile>/<int:version>/", profiles.show, name="profile-version"),
    path("profiles/<slug:profile>/<int:version>/test/", profiles.trial, name="profile-test"),
    path(
        "profiles/<slug:profile>/<int:version>/call-off/",
        profiles.call_off,
        name="profile-call-off",
    ),
    path(
        "profiles/<slug:profile>/<int:version>/test.cer",
        profiles.trial_file,
        name="profile-test-file",
    ),
    path("custody/", custody.show, name="custody"),
    path("custody/sets/", custody.draft, name="custody-draft"),
    path("custody/sets/<int:set_id>/give-up/", custody.give_up, name="custody-give-up"),
    path("custody/seats/<int:seat_id>/", custody.seat, name="custody-seat"),
    path("custody/seats/<int:seat_id>/enrol/", custody.enrol, name="custody-enrol"),
    path("custody/seats/<int:seat_id>/receipt/", custody.receipt, name="custody-receipt"),
    path("custody/seats/<int:seat_id>/drill/", custody.begin_drill, name="custody-begin-drill"),
    path("custody/seats/<int:seat_id>/words/", custody.words, name="custody-words"),
    path("custody/drills/<int:drill_id>/", custody.drill, name="custody-drill"),
    path("custody/drills/<int:drill_id>/proof/", custody.prove, name="custody-prove"),
    path("custody/activations/", custody.ask, name="custody-ask"),
    path("custody/activations/demo/", custody.ask_in_demo, name="custody-ask-in-demo"),
    path("custody/activations/<int:activation_id>/", custody.activation, name="custody-activation"),
    path("custody/activations/<int:activation_id>/share/", custody.bring, name="custody-bring"),
    path("custody/record/", custody.record, name="custody-record"),
    path("custody/stop/", custody.stop, name="custody-stop"),
    path("custody/end/", custody.propose_end, name="custody-end"),
    path("devices/", devices.show, name="devices"),
    path("devices/test/", devices.test, name="devices-test"),
]
