"""Who is not served (CPS 4.2.2)."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ra', '0014_fees'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='watched',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(max_length=32), db_default=[], default=list, size=None),
        ),
        migrations.CreateModel(
            name='BlacklistEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=20)),
                ('kind', models.CharField(max_length=20)),
                ('index', models.BinaryField(max_length=32)),
                ('cause', models.CharField(max_length=20)),
                ('until', models.DateField(null=True)),
                ('data_key', models.UUIDField(unique=True)),
                ('sealed', models.BinaryField()),
                ('maker_id', models.BigIntegerField()),
                ('proposed_at', models.DateTimeField()),
                ('approval_id', models.BigIntegerField(null=True, unique=True)),
                ('decided_by', models.BigIntegerField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('lift_reason', models.CharField(default='', max_length=20)),
                ('lift_maker_id', models.BigIntegerField(null=True)),
                ('lift_approval_id', models.BigIntegerField(null=True, unique=True)),
                ('lifted_by', models.BigIntegerField(null=True)),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'listed')), fields=['index'], name='blacklist_listed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'listed', 'lifted', 'refused', 'withdrawn'])), name='a_blacklist_entry_has_a_state'), models.CheckConstraint(condition=models.Q(('kind__in', ['document', 'organization', 'phone', 'key'])), name='a_blacklist_entry_has_a_kind'), models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('maker_id')), _negated=True), _connector='OR'), name='nobody_lists_alone'), models.CheckConstraint(condition=models.Q(('lifted_by__isnull', True), models.Q(('lifted_by', models.F('lift_maker_id')), _negated=True), _connector='OR'), name='nobody_lifts_alone'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['listed', 'lifted']), _negated=True), ('decided_by__isnull', False), _connector='OR'), name='a_listed_entry_was_agreed_to'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'lifted'), _negated=True), ('lifted_by__isnull', False), _connector='OR'), name='a_lifted_entry_was_agreed_to')],
            },
        ),
    ]
