"""Profiles as rows: what the product was delivered with is version 1 of each (CPS 1.5.1)."""

from django.db import migrations, models

from ca.profiles.delivered import rows

STAYS = """
CREATE FUNCTION ca_profile_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'versions of profiles are kept' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (OLD.code, OLD.version, OLD.document, OLD.digest) IS DISTINCT FROM
     (NEW.code, NEW.version, NEW.document, NEW.digest) THEN
    RAISE EXCEPTION 'what a version of a profile says never changes'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ca_profile_version_stays BEFORE UPDATE OR DELETE ON ca_profileversion
  FOR EACH ROW EXECUTE FUNCTION ca_profile_version_stays();
ALTER TABLE ca_profileversion ENABLE ALWAYS TRIGGER ca_profile_version_stays
"""
BACK = """
DROP TRIGGER ca_profile_version_stays ON ca_profileversion;
DROP FUNCTION ca_profile_version_stays()
"""


def enter(apps, _schema_editor):
    version = apps.get_model("ca", "ProfileVersion")
    version.objects.bulk_create(version(**row) for row in rows())


class Migration(migrations.Migration):

    dependencies = [
        ('ca', '0018_link_certificates'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProfileVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=20)),
                ('code', models.CharField(max_length=40)),
                ('version', models.SmallIntegerField()),
                ('document', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('reason', models.TextField(default='')),
                ('valid_from', models.DateField(null=True)),
                ('proposed_by', models.BigIntegerField(null=True)),
                ('proposed_at', models.DateTimeField(null=True)),
                ('approval_id', models.BigIntegerField(null=True, unique=True)),
                ('in_force_at', models.DateTimeField(null=True)),
                ('replaced_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'agreed', 'in_force', 'replaced', 'dropped'])), name='a_profile_version_has_a_state'), models.CheckConstraint(condition=models.Q(('version', 1), ('state__in', ['proposed', 'dropped']), ('approval_id__isnull', False), _connector='OR'), name='a_later_profile_version_was_agreed_to'), models.UniqueConstraint(fields=('code', 'version'), name='a_profile_version_is_there_once'), models.UniqueConstraint(condition=models.Q(('state', 'in_force')), fields=('code',), name='one_profile_version_is_in_force'), models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'agreed'])), fields=('code',), name='one_change_of_a_profile_at_a_time')],
            },
        ),
        migrations.RunPython(enter, migrations.RunPython.noop),
        migrations.RunSQL(STAYS, BACK),
    ]
