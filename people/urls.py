from django.urls import path

from people.approvals import views as approvals
from people.entrance import views as entrance
from people.factors import views as factors
from people.operatorkeys import views as keys
from people.own import views as own
from people.personnel import views as personnel

urlpatterns = [
    path("", entrance.home, name="home"),
    path("sign-in/", entrance.sign_in, name="sign-in"),
    path("sign-in/code/", entrance.sign_in_code, name="sign-in-code"),
    path("sign-in/device/", entrance.sign_in_device, name="sign-in-device"),
    path("sign-out/", entrance.sign_out, name="sign-out"),
    path("language/", entrance.language, name="language"),
    path("me/", own.me, name="me"),
    path("me/key/", keys.own, name="my-key"),
    path("me/password/", entrance.password, name="password"),
    path("me/sessions/<slug:session_id>/end/", own.end_session, name="end-session"),
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/statement/", approvals.statement, name="approval-statement"),
    path("approvals/<int:approval_id>/", approvals.show, name="approval"),
    path("approvals/<int:approval_id>/decide/", approvals.decide, name="approval-decide"),
    path("approvals/<int:approval_id>/withdraw/", approvals.withdraw, name="approval-withdraw"),
    path("me/mail/", own.mail, name="my-mail"),
    path("me/alerts/seen/", own.alerts_seen, name="alerts-seen"),
    path("me/keys/", own.security_keys, name="security-keys"),
    path("me/keys/<int:key_id>/end/", own.end_key, name="end-key"),
    path("me/recovery-codes/", own.recovery_codes, name="recovery-codes"),
    path("people/new/", personnel.new, name="person-new"),
    path("people/of/<str:number>/open/", personnel.propose_opening, name="person-open"),
    path("people/of/<str:number>/factor/", factors.propose, name="person-factor"),
    path("people/of/<str:number>/factor/code/", factors.draw_code, name="person-code"),
    path("people/of/<str:number>/factor/password/", factors.draw_password, name="person-password"),
    path("people/", personnel.index, name="staff"),
    path("people/matrix/", personnel.matrix, name="role-matrix"),
    path("people/of/<str:number>/", personnel.person, name="person"),
    path("people/of/<str:number>/file/", personnel.open_file, name="person-file"),
    path("people/of/<str:number>/escort/", personnel.escort, name="person-escort"),
    path("people/of/<str:number>/finding/", personnel.note, name="person-finding"),
    path("people/of/<str:number>/role/", personnel.propose_role, name="person-role"),
    path("people/of/<str:number>/role/end/", personnel.propose_end, name="person-role-end"),
    path("people/of/<str:number>/rotation/", personnel.rotation, name="person-rotation"),
    path("people/of/<str:number>/return/", personnel.propose_return, name="person-return"),
    path("people/of/<str:number>/key/", personnel.propose_key, name="person-key"),
    path("people/of/<str:number>/key/end/", personnel.revoke_key, name="person-key-end"),
    path("people/of/<str:number>/suspend/", personnel.suspend, name="person-suspend"),
    path("people/of/<str:number>/leave/", personnel.leave, name="person-leave"),
    path("people/of/<str:number>/move/", personnel.move, name="person-move"),
]
