import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ra", "0011_hold_requests")]

    operations = [
        migrations.AddField(
            model_name="subscriber",
            name="responsible",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="devices",
                to="ra.subscriber",
            ),
        ),
        migrations.RemoveConstraint(model_name="subscriber", name="a_subscriber_has_a_kind"),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["person", "organization", "device"])),
                name="a_subscriber_has_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "device")) ^ models.Q(("responsible__isnull", True)),
                name="somebody_answers_for_a_device",
            ),
        ),
    ]
