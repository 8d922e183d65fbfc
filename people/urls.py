from django.urls import path

from people.entrance import views as entrance

urlpatterns = [
    path("", entrance.home, name="home"),
    path("sign-in/", entrance.sign_in, name="sign-in"),
    path("sign-in/code/", entrance.sign_in_code, name="sign-in-code"),
    path("sign-out/", entrance.sign_out, name="sign-out"),
    path("language/", entrance.language, name="language"),
    path("me/", entrance.me, name="me"),
    path("me/password/", entrance.password, name="password"),
    path("me/sessions/<slug:session_id>/end/", entrance.end_session, name="end-session"),
]
