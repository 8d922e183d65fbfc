"""What stopped an authority stays until workers have proved who wants it lifted; link certificates
can be revoked, and so can what a ceremony made in vain.
"""

import django.db.models.deletion
from django.db import migrations, models

STOPS_STAY = """
CREATE FUNCTION ca_staff_stops_and_lifts_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the staff site stops authorities and has none go on'
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ca_authority_staff_stops BEFORE UPDATE OF stopped_at ON ca_certificateauthority
  FOR EACH ROW WHEN (current_user = 'anxin_staff' AND OLD.stopped_at IS NOT NULL
                     AND OLD.stopped_at IS DISTINCT FROM NEW.stopped_at)
  EXECUTE FUNCTION ca_staff_stops_and_lifts_nothing();
ALTER TABLE ca_certificateauthority ENABLE ALWAYS TRIGGER ca_authority_staff_stops;
CREATE TRIGGER ca_stop_staff_adds BEFORE INSERT ON ca_stop
  FOR EACH ROW WHEN (current_user = 'anxin_staff' AND NEW.lifted_at IS NOT NULL)
  EXECUTE FUNCTION ca_staff_stops_and_lifts_nothing();
ALTER TABLE ca_stop ENABLE ALWAYS TRIGGER ca_stop_staff_adds
"""
BACK = """
DROP TRIGGER ca_stop_staff_adds ON ca_stop;
DROP TRIGGER ca_authority_staff_stops ON ca_certificateauthority;
DROP FUNCTION ca_staff_stops_and_lifts_nothing()
"""
# What was stopped before stays so as long as its end goes on or is over
STOPPED_BEFORE = """
INSERT INTO ca_stop (ca_id, ending_id, at)
SELECT a.id, max(e.id), a.stopped_at FROM ca_certificateauthority a
JOIN ca_ending e ON NOT e.drill AND e.ca_id = a.id
WHERE a.stopped_at IS NOT NULL GROUP BY a.id, a.stopped_at
"""


def key(to: str, name: str, **how: object) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=name, to=to, **how
    )


class Migration(migrations.Migration):
    dependencies = [("ca", "0020_answers_to_stops")]

    operations = [
        migrations.AddField("ending", "letter", models.TextField(default="")),
        migrations.AddField("ending", "message", models.TextField(default="")),
        migrations.AddField("ending", "authorities", models.TextField(default="[]")),
        migrations.AddField("ending", "end_warrant", models.BigIntegerField(null=True)),
        migrations.CreateModel(
            name="Stop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("ca", key("ca.certificateauthority", "stops")),
                ("ending", key("ca.ending", "stops", db_index=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ending", "ca"), name="an_end_stops_an_authority_once"
                    )
                ],
            },
        ),
        migrations.AlterField(
            "authorityrevocation",
            "ending",
            key("ca.ending", "+", null=True),
        ),
        migrations.CreateModel(
            name="LinkRevocation",
            fields=[
                ("reason", models.CharField(max_length=30)),
                ("serial", models.CharField(max_length=40)),
                ("revoked_at", models.DateTimeField()),
                ("not_after", models.DateTimeField()),
                ("entry", models.BinaryField()),
                ("listed_at", models.DateTimeField(null=True)),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="revocation",
                        serialize=False,
                        to="ca.linkcertificate",
                    ),
                ),
                ("ca", key("ca.certificateauthority", "+")),
                ("ending", key("ca.ending", "+", null=True)),
            ],
        ),
        migrations.RemoveConstraint("directoryentry", "a_directory_entry_has_a_state"),
        migrations.AddConstraint(
            "directoryentry",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["due", "failed", "published", "withdrawn"])),
                name="a_directory_entry_has_a_state",
            ),
        ),
        migrations.RunSQL(STOPS_STAY, BACK),
        migrations.RunSQL(STOPPED_BEFORE, migrations.RunSQL.noop),
    ]
