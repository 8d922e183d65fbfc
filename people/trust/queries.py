"""Who holds which trusted role."""

from people.trust.models import Appointment


def roles_of(person_id: int) -> frozenset[str]:
    """The roles a person holds now."""
    held = Appointment.objects.filter(person=person_id, until__isnull=True)
    return frozenset(held.values_list("role", flat=True))
