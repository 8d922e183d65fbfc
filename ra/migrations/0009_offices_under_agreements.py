"""Offices that stop (CPS 5.8), and what an RA may take in under its agreement (CPS 1.4.2)."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ra", "0008_notices")]

    operations = [
        migrations.AddField(
            "office",
            "state",
            models.CharField(max_length=20, default="open"),
            preserve_default=False,
        ),
        migrations.AddField("office", "stopped_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "office",
            "successor",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ra.office",
            ),
        ),
        migrations.AddConstraint(
            "office",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "stopped"])),
                name="an_office_has_a_state",
            ),
        ),
        migrations.AddConstraint(
            "office",
            models.CheckConstraint(
                condition=models.Q(
                    ("state", "open"),
                    models.Q(("stopped_at__isnull", False), ("successor__isnull", False)),
                    _connector="OR",
                ),
                name="a_stopped_office_has_a_successor",
            ),
        ),
        migrations.CreateModel(
            name="Authority",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agreement", models.CharField(max_length=40)),
                (
                    "profiles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("quota", models.PositiveIntegerField(null=True)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField()),
                ("approval_id", models.BigIntegerField(null=True, unique=True)),
                ("granted_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorities",
                        to="ra.office",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "authorities",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("office",),
                        name="one_authority_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gte", models.F("valid_from"))),
                        name="an_agreement_has_a_term",
                    ),
                ],
            },
        ),
    ]
