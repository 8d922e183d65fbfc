from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from anxin.kernel.rows import Stateful
from ra.applicants.models import Subscriber
from ra.applications import procedures, rules
from ra.branches.models import Office


class Application(Stateful):
    """What everybody at the counter may see, and what the public site reads: no personal data.

    What the applicant said lies sealed in the dossier; documents and pages in sealed files.
    """

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    profile = models.CharField(max_length=40)
    days = models.PositiveSmallIntegerField()
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    maker_id = models.BigIntegerField()
    former_makers = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    channel = models.CharField(max_length=20)
    data_key = models.UUIDField(unique=True)
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, null=True, related_name="+")
    masked_name = models.CharField(max_length=64)

    # Blind indexes: equality only, under a key the database does not have
    document_index = models.BinaryField(max_length=32, null=True)
    phone_index = models.BinaryField(max_length=32, null=True)
    name_index = models.BinaryField(max_length=32, null=True)
    watched = ArrayField(  # by whom and what the blacklist may know it (CPS 4.2.2), when submitted
        models.BinaryField(max_length=32), default=list, db_default=[]
    )

    distinguisher = models.CharField(max_length=32, default="")
    key_fingerprint = models.CharField(max_length=64, default="")  # SM3 of the SPKI
    agreement_version = models.CharField(max_length=20, default="")
    agreement_at = models.DateTimeField(null=True)
    agreement_how = models.CharField(max_length=20, default="")

    content_version = models.PositiveIntegerField(default=1)
    content_digest = models.CharField(max_length=64, default="")
    round = models.PositiveSmallIntegerField(default=0)  # times it was submitted
    approval_id = models.BigIntegerField(null=True)
    reviews_needed = models.PositiveSmallIntegerField(default=1)
    alarmed_round = models.PositiveSmallIntegerField(default=0, db_default=0)  # CPS 4.2.3
    reviews_done = models.PositiveSmallIntegerField(default=0)

    profile_version = models.SmallIntegerField(default=0, db_default=0)  # 0: not handed in

    slots_needed = models.PositiveSmallIntegerField(default=0)  # documents asked for at submission
    checks = models.JSONField(default=dict)  # automatic checks: code -> ok, warn, bad

    claimed_by = models.BigIntegerField(null=True)
    claimed_until = models.DateTimeField(null=True)

    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    correction_due_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)
    issued_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    # In whose place the certificate will stand, and why (CPS 4.6 to 4.8)
    procedure = models.CharField(max_length=20, default="new", db_default="new")
    occasion = models.CharField(max_length=20, default="", db_default="")
    predecessor_id = models.BigIntegerField(null=True)
    # SM3 of what the old key signed; it stands for the documents (CPS 3.3.1)
    proof_digest = models.CharField(max_length=64, default="", db_default="")

    certificate_id = models.BigIntegerField(null=True, unique=True)
    certificate_state = models.CharField(max_length=20, default="")
    certificate_state_at = models.DateTimeField(null=True)

    # CPS 3.2.3: when what proves the identity was destroyed, and by which approval
    destroyed_at = models.DateTimeField(null=True)
    destruction_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="an_application_has_a_state",
            ),
            models.CheckConstraint(  # CPS 4.3.1
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("maker_id")),
                name="nobody_decides_their_own_application",
            ),
            models.CheckConstraint(
                condition=models.Q(claimed_by__isnull=True)
                | ~models.Q(claimed_by=models.F("maker_id")),
                name="nobody_claims_their_own_application",
            ),
            models.CheckConstraint(  # CPS 4.3.1, of those who had it before the maker
                condition=~models.Q(former_makers__contains=[models.F("decided_by")])
                & ~models.Q(former_makers__contains=[models.F("claimed_by")]),
                name="nobody_checks_what_they_handed_on",
            ),
            models.CheckConstraint(
                condition=models.Q(certificate_id__isnull=False)
                | ~models.Q(state__in=["approved", "issued", "accepted"]),
                name="an_approved_application_has_an_order",
            ),
            models.CheckConstraint(
                condition=models.Q(procedure=procedures.Procedure.NEW.value)
                ^ models.Q(predecessor_id__isnull=False),
                name="a_successor_names_what_it_succeeds",
            ),
            models.UniqueConstraint(
                fields=["predecessor_id"],
                condition=models.Q(
                    predecessor_id__isnull=False,
                    state__in=[*(state.value for state in rules.UNDECIDED), "approved"],
                ),
                name="one_successor_under_way",
            ),
            models.CheckConstraint(
                condition=models.Q(destroyed_at__isnull=True)
                | models.Q(destruction_id__isnull=False, document_index__isnull=True),
                name="evidence_is_destroyed_by_two",
            ),
            models.UniqueConstraint(
                fields=["proof_digest"],
                condition=~models.Q(proof_digest=""),
                name="a_signed_request_is_used_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline_at", "id"],
                condition=models.Q(state="submitted"),
                name="application_queue",
                include=[
                    "office",
                    "maker_id",
                    "former_makers",
                    "claimed_until",
                    "round",
                    "reviews_done",
                ],
            ),
            models.Index(
                fields=["deadline_at", "id"],
                condition=models.Q(state="submitted", round__gt=1),
                name="application_resubmitted",
            ),
            models.Index(
                fields=["deadline_at", "id"],
                condition=models.Q(state="submitted", reviews_done__gt=0),
                name="application_second",
            ),
            models.Index(
                fields=["state", "id"],
                condition=~models.Q(state__in=["accepted", "rejected", "cancelled"]),
                name="application_open",
                include=["office", "maker_id"],
            ),
            models.Index(
                fields=["claimed_by", "deadline_at", "id"],
                condition=models.Q(state="submitted", claimed_by__isnull=False),
                name="application_claimed",
            ),
            models.Index(
                fields=["maker_id", "id"],
                condition=models.Q(state__in=["draft", "returned", "failed"]),
                name="application_drafts",
            ),
            models.Index(
                fields=["predecessor_id", "-id"],
                condition=models.Q(predecessor_id__isnull=False),
                name="application_successor",
            ),
            models.Index(fields=["office", "-id"], name="application_office"),
            models.Index(fields=["document_index"], name="application_document"),
            models.Index(fields=["phone_index"], name="application_phone"),
            models.Index(fields=["name_index"], name="application_name"),
            # what happened in a month
            BrinIndex(fields=["opened_at"], name="application_opened"),
            BrinIndex(fields=["decided_at"], name="application_decided"),
            BrinIndex(fields=["issued_at"], name="application_issued"),
            models.Index(
                fields=["certificate_state_at"],
                condition=models.Q(certificate_state="revoked"),
                name="application_revoked",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def years(self) -> int:
        return self.days // rules.DAYS_OF_A_YEAR

    @property
    def signed(self) -> bool:
        """Whether a request signed by the old key stands for the documents (CPS 3.3.1)."""
        return bool(self.proof_digest)

    @property
    def makers(self) -> frozenset[int]:
        """All who have entered it, the one who does so now among them: none of them checks it."""
        return frozenset((self.maker_id, *self.former_makers))


class Dossier(models.Model):
    """Sealed under the application's data key: the request as DER, all else as JSON."""

    application = models.OneToOneField(
        Application, models.PROTECT, primary_key=True, related_name="dossier"
    )
    identity = models.BinaryField()
    request = models.BinaryField(null=True)
    proof = models.BinaryField(null=True)  # the request as the old key signed it, CMS
    lookups = models.BinaryField(null=True)  # what authority sources said
    readings = models.BinaryField(null=True)  # what was read off documents
    said = models.BinaryField(null=True)  # what the applicant wrote with corrections

    def identity_context(self) -> str:
        """What the sealed identity is bound to."""
        return f"ra.application:{self.application_id}:identity"

    def request_context(self) -> str:
        return f"ra.application:{self.application_id}:request"

    def proof_context(self) -> str:
        return f"ra.application:{self.application_id}:proof"

    def lookups_context(self) -> str:
        return f"ra.application:{self.application_id}:lookups"

    def readings_context(self) -> str:
        return f"ra.application:{self.application_id}:readings"

    def said_context(self) -> str:
        return f"ra.application:{self.application_id}:said"
