"""Certificates on hold (CPS 4.9.12 to 4.9.15), and what the staff site's role may do about them."""

import django.db.models.deletion
from django.db import migrations, models


FUNCTION = """
CREATE OR REPLACE FUNCTION ca_staff_orders_and_revokes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'ordered' AND NEW.serial IS NULL AND NEW.tbs IS NULL AND NEW.der IS NULL THEN
      RETURN NEW;
    END IF;
  ELSIF (OLD.state, NEW.state) IN (
      ('valid', 'revoked'), ('valid', 'held'), ('held', 'valid'), ('held', 'revoked')) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the staff site orders and revokes certificates and does nothing else'
    USING ERRCODE = 'insufficient_privilege';
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ca', '0003_responder_renewals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(max_length=30)),
                ('held_at', models.DateTimeField()),
                ('warrant', models.BigIntegerField(unique=True)),
                ('not_after', models.DateTimeField()),
                ('entry', models.BinaryField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('release_warrant', models.BigIntegerField(null=True, unique=True)),
                ('listed_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='certificate',
            name='a_certificate_has_a_state',
        ),
        migrations.RemoveConstraint(
            model_name='certificate',
            name='an_issued_certificate_is_there',
        ),
        migrations.RemoveIndex(
            model_name='certificate',
            name='certificate_answers',
        ),
        migrations.AddField(
            model_name='certificate',
            name='held_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="statusanswer",
            name="state",
            field=models.CharField(default="valid", max_length=20),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE ca_statusanswer SET state = 'revoked' WHERE revoked", migrations.RunSQL.noop
        ),
        migrations.RemoveField(model_name="statusanswer", name="revoked"),
        migrations.AddIndex(
            model_name='certificate',
            index=models.Index(condition=models.Q(('state__in', ['valid', 'held', 'revoked'])), fields=['answers_until'], name='certificate_answers'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['ordered', 'planned', 'valid', 'held', 'revoked', 'refused'])), name='a_certificate_has_a_state'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['valid', 'held', 'revoked']), _negated=True), models.Q(('der__isnull', False), ('serial__isnull', False)), _connector='OR'), name='an_issued_certificate_is_there'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'held'), _negated=True), ('held_at__isnull', False), _connector='OR'), name='a_held_certificate_says_since_when'),
        ),
        migrations.AddField(
            model_name='hold',
            name='ca',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ca.certificateauthority'),
        ),
        migrations.AddField(
            model_name='hold',
            name='certificate',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='ca.certificate'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['certificate', 'held_at'], name='hold_of'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['ca', 'not_after'], name='hold_listed'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('dropped_at__isnull', True), ('ended_at__isnull', False), ('listed_at__isnull', False)), fields=['ca', 'ended_at'], name='hold_undropped'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('release_warrant__isnull', True), ('ended_at__isnull', False), _connector='OR'), name='a_release_ends_a_hold'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('certificate',), name='one_hold_at_a_time'),
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
    ]
