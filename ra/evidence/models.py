from django.db import models

from ra.applications.models import Application


class Document(models.Model):
    """One file in hand. Its name is not kept: names of files carry names of people.

    `original` is the sealed file as it came; what is shown are the pages.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="documents")
    slot = models.CharField(max_length=30)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField()  # bytes
    sm3 = models.CharField(max_length=64)
    original = models.UUIDField(unique=True)
    accepted_by = models.BigIntegerField()  # CPS 5.4.1: who accepted it
    accepted_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["sm3"], name="document_sm3"),
        ]

    def __str__(self) -> str:
        return f"{self.slot} of {self.application_id}"


class Page(models.Model):
    """One page as it is shown: a picture made from pixels, and a small one."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField()
    image = models.UUIDField(unique=True)
    thumbnail = models.UUIDField(unique=True)
    width = models.PositiveSmallIntegerField()  # pixels
    height = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_page_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"page {self.number} of document {self.document_id}"


class Opened(models.Model):
    """Who has had a page before their eyes; a reviewer must have seen all of them."""

    page = models.ForeignKey(Page, models.PROTECT, related_name="opened")
    viewer_id = models.BigIntegerField()
    first_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "opened"
        constraints = [
            models.UniqueConstraint(fields=["page", "viewer_id"], name="opened_once"),
        ]

    def __str__(self) -> str:
        return f"page {self.page_id} seen by {self.viewer_id}"
