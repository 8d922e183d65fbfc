"""Where people make the key that signs their votes; the private half never leaves the browser."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people.gates import actor_of, only
from people.navigation import SIGNERS
from people.operatorkeys import proving, queries, services
from people.operatorkeys.forms import NewKeyForm


@only(*SIGNERS)
@never_cache
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    me = actor.person_id or 0
    form = NewKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.make(**form.cleaned_data, actor=actor, at=at)
        messages.success(request, _("密钥已登记。请把指纹当面告诉安全管理员，由两人启用。"))
        return redirect("my-key")
    context = {
        "keys": queries.keys_of(me),
        "voter": me,
        "form": form,
        "certificate": proving.own_certificate(me, at=at),
        "hindrance": proving.hindrances([me], at=at).get(me),
    }
    return render(request, "people/key.html", context, status=422 if form.errors else 200)
