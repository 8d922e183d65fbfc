"""Decisions looked at again; alarms raised once for each round (CPS 4.1.2.2, 4.2.3)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ra', '0019_replaced_codes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Draw',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('seed', models.CharField(max_length=64)),
                ('decisions', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='application',
            name='alarmed_round',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name='Recheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=20)),
                ('officer_id', models.BigIntegerField()),
                ('outcome', models.CharField(max_length=10)),
                ('fault', models.CharField(default='', max_length=20)),
                ('judged_by', models.BigIntegerField(null=True)),
                ('judged_at', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rechecks', to='ra.application')),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ra.decision')),
                ('draw', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rechecks', to='ra.draw')),
            ],
            options={
                'indexes': [models.Index(fields=['officer_id', 'state'], name='recheck_of'), models.Index(condition=models.Q(('state', 'waiting')), fields=['id'], name='recheck_queue')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'right', 'wrong'])), name='a_recheck_has_a_state'), models.CheckConstraint(condition=models.Q(('judged_by__isnull', True), models.Q(('judged_by', models.F('officer_id')), _negated=True), _connector='OR'), name='nobody_rechecks_themselves'), models.CheckConstraint(condition=models.Q(('state', 'waiting'), ('judged_by__isnull', False), _connector='OR'), name='a_recheck_was_somebodys')],
            },
        ),
    ]
