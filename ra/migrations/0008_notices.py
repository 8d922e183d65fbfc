"""The outbox of notices to applicants, and where they want to be told things (CPS 4.3.2)."""

from django.db import migrations, models

STATES = ["due", "failed", "by_hand", "given_up", "sent"]


class Migration(migrations.Migration):
    dependencies = [("ra", "0007_taking_over")]

    operations = [
        migrations.CreateModel(
            "Contact",
            [
                (
                    "application",
                    models.OneToOneField(
                        "ra.application",
                        on_delete=models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                    ),
                ),
                ("sealed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            "Notice",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state", models.CharField(max_length=20)),
                ("event", models.CharField(max_length=20)),
                ("occasion", models.CharField(max_length=40)),
                ("channel", models.CharField(max_length=20)),
                ("masked_to", models.CharField(max_length=80)),
                ("sealed", models.BinaryField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("made_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("told_by", models.BigIntegerField(null=True)),
                ("error", models.CharField(default="", max_length=40)),
                (
                    "application",
                    models.ForeignKey(
                        "ra.application", on_delete=models.deletion.PROTECT, related_name="+"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=models.Q(("state__in", STATES)), name="a_notice_has_a_state"
            ),
        ),
        migrations.AddConstraint(
            "notice",
            models.UniqueConstraint(
                fields=("application", "event", "occasion"), name="told_once"
            ),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(("state__in", ["due", "failed"])),
                name="notice_due",
            ),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                fields=["-id"],
                condition=models.Q(("state__in", ["failed", "by_hand", "given_up"])),
                name="notice_for_people",
            ),
        ),
    ]
