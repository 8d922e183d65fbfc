from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django_otp.models import Device


class StaffMember(AbstractBaseUser):  # type: ignore[django-manager-missing]
    """A trusted person who can sign in (CPS 5.2.3). Never deleted: the journal names them."""

    login = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    staff_number = models.CharField(max_length=20, unique=True)
    office = models.CharField(max_length=40, blank=True)  # code of the RA; empty: headquarters
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)
    password_changed_at = models.DateTimeField()
    must_change_password = models.BooleanField(default=True)
    failed_tries = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_login = None  # the journal knows, and nothing needs to be written here at sign-in

    USERNAME_FIELD = "login"

    objects = BaseUserManager()

    def __str__(self) -> str:
        return self.login


class FormerPassword(models.Model):
    """A hash that must not come back (CPS 6.5.1)."""

    person = models.ForeignKey(StaffMember, models.PROTECT, related_name="former_passwords")
    hash = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} {self.set_at}"


class OneTimeDevice(Device):  # type: ignore[misc]
    """A person's authenticator (CPS 5.2.3, RFC 6238). Its key is here only sealed.

    `verify_token` of the base class stays "never": codes are checked by `accounts.services`,
    which gets the time from the door, counts tries and writes the journal.
    """

    sealed_key = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)  # the time step of the last accepted code

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(confirmed=True), name="one_device_each"
            ),
        ]

    def key_context(self) -> str:
        """What the sealed key is bound to."""
        return f"people.one_time_device:{self.pk}:key"
