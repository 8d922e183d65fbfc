from celery import shared_task

from audit.journal import services, witness


@shared_task(name="audit.seal")
def seal(**_: object) -> None:
    """Chain what was written since the last run (CPS 5.4.4)."""
    services.seal()


@shared_task(name="audit.note_head")
def note_head(**_: object) -> None:
    """Have the signer keep the chain's end, which the tables' owner can not change there."""
    witness.note_head()
