"""Cases in which private data is given out (CPS 9.3, 9.4)."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ra", "0012_kinds_of_subscribers")]

    operations = [
        migrations.CreateModel(
            name="DisclosureCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state", models.CharField(max_length=20)),
                ("number", models.CharField(max_length=20, unique=True)),
                ("basis", models.CharField(max_length=20)),
                ("dated", models.DateField()),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                (
                    "slots",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("data_key", models.UUIDField(unique=True)),
                ("ground", models.BinaryField()),
                ("answer", models.BinaryField(null=True)),
                ("extract", models.BinaryField(null=True)),
                ("extract_sm3", models.CharField(default="", max_length=64)),
                ("taken", models.BinaryField(null=True)),
                ("maker_id", models.BigIntegerField()),
                ("approval_id", models.BigIntegerField(null=True, unique=True)),
                ("decided_by", models.BigIntegerField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("produced_at", models.DateTimeField(null=True)),
                ("produced_by", models.BigIntegerField(null=True)),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("handed_over_by", models.BigIntegerField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="ra.application",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "id"], name="disclosure_queue")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "asked",
                                    "approved",
                                    "produced",
                                    "handed_over",
                                    "refused",
                                    "withdrawn",
                                ],
                            )
                        ),
                        name="a_disclosure_has_a_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("maker_id")), _negated=True),
                            _connector="OR",
                        ),
                        name="nobody_decides_their_own_disclosure",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["produced", "handed_over"]), _negated=True),
                            models.Q(("decided_by__isnull", False), ("extract__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_extract_was_agreed_to",
                    ),
                ],
            },
        ),
    ]
