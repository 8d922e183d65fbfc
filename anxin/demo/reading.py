"""What the demo publishes: a subscriber agreement and a CPS, in words of our own (CPS 2.1)."""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import day_of
from people.api import approval, vote
from ra.publications.models import Publication
from ra.publications.rules import Kind
from ra.publications.services import propose

PAPERS = Path(__file__).parent / "papers"
TITLES = {Kind.AGREEMENT: "电子认证服务订户协议（演示）", Kind.CPS: "电子认证业务规则（演示）"}


@transaction.atomic
def publish_papers(actors: dict[str, Actor], *, at: datetime) -> None:
    """In force when the first application comes; two people, as always."""
    if Publication.objects.exists():
        return
    day = day_of(at)
    for kind, title in TITLES.items():
        body = (PAPERS / f"{kind}.txt").read_bytes()
        number = propose(
            kind, f"{day:%Y-%m}", title, body, valid_from=day, actor=actors["tangshu"], at=at
        )
        asked = approval(Publication.objects.get(pk=number).approval_id or 0)
        vote(asked.id, grants=True, seen=asked.digest, actor=actors["shaoting"], at=at)
