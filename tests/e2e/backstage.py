"""python -m tests.e2e.backstage PROFILE FIRST COUNT [reviewed]: applications of so many people.

For tests that begin later. Runs as the staff site does and calls the services that its pages call;
one line for each: number and access code. `reviewed`: the reviewer has but to press the button.
"""

import io
import json
import os
import sys
from datetime import UTC, datetime

import django
from PIL import Image

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.settings")
django.setup()

from anxin.demo.cast import Person  # noqa: E402 -- needs the settings
from anxin.kernel.actors import Actor  # noqa: E402
from people.api import Role, staff_matching  # noqa: E402
from pki import keys, names, requests  # noqa: E402
from ra.applications.rules import AcceptedHow  # noqa: E402
from ra.evidence.services import add_evidence, page_image  # noqa: E402
from ra.intake import handing_in  # noqa: E402
from ra.intake import services as intake  # noqa: E402
from ra.intake.handing_in import Submitted  # noqa: E402
from ra.intake.services import Draft  # noqa: E402
from ra.publications.queries import agreement  # noqa: E402
from ra.review import services as review  # noqa: E402
from ra.review.case import case  # noqa: E402
from ra.verifications.rules import Verified  # noqa: E402
from ra.verifications.services import note  # noqa: E402

ALGORITHMS = {"personal-sm2-sign": "sm2", "personal-rsa-sign": "rsa-2048"}
SLOTS = ("application_form", "id_front", "id_back")


def now() -> datetime:
    return datetime.now(UTC)


def staff(login: str, role: Role) -> Actor:
    (person_id,) = staff_matching(login)
    return Actor(person_id, login, frozenset({role}), "127.0.0.1", "NMG-01")


def small_picture(number: int, slot: str) -> bytes:
    """Quick to decode, and no two alike."""
    shade = (number % 256, number // 256 % 256, SLOTS.index(slot))
    out = io.BytesIO()
    Image.new("RGB", (320, 200), shade).save(out, "PNG")
    return out.getvalue()


def enter(profile: str, person: Person, *, actor: Actor) -> tuple[Draft, Submitted]:
    draft = intake.open_draft(profile, actor=actor, at=now())
    fields = {
        "name": person.name,
        "document_type": "resident_id",
        "document_number": person.document_number,
        "phone": person.phone,
        "email": person.email,
    }
    intake.save_draft(draft.id, fields, actor=actor, at=now())
    for slot in SLOTS:
        picture = small_picture(draft.id, slot)
        add_evidence(draft.id, slot, f"{slot}.png", picture, actor=actor, at=now())
    note(draft.id, [Verified(slot, "on_site") for slot in SLOTS], actor=actor, at=now())
    subject = names.build([("C", "CN"), ("CN", person.name)])
    request = requests.build(subject, keys.generate(ALGORITHMS[profile]))
    intake.attach_request(draft.id, request, actor=actor, at=now())
    how = {"how": AcceptedHow.SIGNED_ON_PAPER, "by_message": True}
    intake.accept_agreement(draft.id, agreement(now()), **how, actor=actor, at=now())
    return draft, handing_in.submit(draft.id, actor=actor, at=now())


def look_through(draft: Draft, *, actor: Actor) -> None:
    review.claim(draft.id, actor=actor, at=now())
    view = case(draft.number, actor, at=now())
    for document in view.documents:
        for page in document.pages:
            page_image(document.id, page.number, actor=actor, at=now())
    for field in view.fields:
        if field.unseen:
            review.reveal(draft.id, field.code, reason="compare_document", actor=actor, at=now())
    review.open_preview(draft.id, actor=actor, at=now())
    items = [field.code for field in view.fields] + [tick.code for tick in view.checklist]
    review.confirm_fields(draft.id, items, seen=view.version, actor=actor, at=now())


def main(profile: str, first: str, count: str, *reviewed: str) -> None:
    from tests.e2e.people import person

    operator, reviewer = staff("linan", Role.OPERATOR), staff("heming", Role.REVIEWER)
    for number in range(int(first), int(first) + int(count)):
        draft, done = enter(profile, person(number), actor=operator)
        if reviewed:
            look_through(draft, actor=reviewer)
        sys.stdout.write(json.dumps([done.number, done.access_code]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
