"""Who takes money neither enters nor approves: finance becomes a duty of its own (CPS 5.2.4)."""

from django.db import migrations, models

OTHERS = {
    "operator": "business",
    "reviewer": "subscriber_data",
    "ca_admin": "maintenance",
    "security_admin": "key_management",
    "ca_operator": "maintenance",
    "support": "maintenance",
    "custodian": "secret_shares",
    "auditor": "audit",
    "policy_member": "",
}


def _duties(finance):
    pairs = {**OTHERS, "finance": finance}
    return models.Q(*[models.Q(duty=duty, role=role) for role, duty in pairs.items()], _connector="OR")


def _give(duty):
    def change(apps, _schema_editor):
        apps.get_model("people", "Appointment").objects.filter(role="finance").update(duty=duty)

    return change


class Migration(migrations.Migration):
    dependencies = [("people", "0003_trusted_persons")]

    operations = [
        migrations.RemoveConstraint("appointment", "duty_of_the_role"),
        migrations.RunPython(_give("money"), _give("")),
        migrations.AddConstraint(
            "appointment",
            models.CheckConstraint(condition=_duties("money"), name="duty_of_the_role"),
        ),
    ]
