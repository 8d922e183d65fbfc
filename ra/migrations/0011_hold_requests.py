"""Requests to freeze and to unfreeze certificates (CPS 4.9.14)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ra", "0010_names_of_servers")]

    operations = [
        migrations.CreateModel(
            name='HoldRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=20)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('act', models.CharField(max_length=10)),
                ('certificate_id', models.BigIntegerField()),
                ('cause', models.CharField(max_length=20)),
                ('asker', models.CharField(max_length=20)),
                ('checked_how', models.CharField(max_length=20)),
                ('asked_at', models.DateTimeField()),
                ('data_key', models.UUIDField(unique=True)),
                ('papers', models.BinaryField()),
                ('maker_id', models.BigIntegerField()),
                ('approval_id', models.BigIntegerField(null=True)),
                ('decided_by', models.BigIntegerField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('answer', models.BinaryField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='holdrequest',
            name='application',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hold_requests', to='ra.application'),
        ),
        migrations.AddField(
            model_name='holdrequest',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ra.office'),
        ),
        migrations.AddIndex(
            model_name='holdrequest',
            index=models.Index(fields=['state', 'asked_at', 'id'], name='hold_request_queue'),
        ),
        migrations.AddIndex(
            model_name='holdrequest',
            index=models.Index(fields=['certificate_id'], name='hold_request_of'),
        ),
        migrations.AddConstraint(
            model_name='holdrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['requested', 'done', 'refused', 'withdrawn'])), name='a_hold_request_has_a_state'),
        ),
        migrations.AddConstraint(
            model_name='holdrequest',
            constraint=models.CheckConstraint(condition=models.Q(('act__in', ['freeze', 'unfreeze'])), name='a_hold_request_wants_one_of_two'),
        ),
        migrations.AddConstraint(
            model_name='holdrequest',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('maker_id')), _negated=True), _connector='OR'), name='nobody_decides_their_own_hold'),
        ),
        migrations.AddConstraint(
            model_name='holdrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'requested')), fields=('certificate_id',), name='one_open_hold_request'),
        ),
    ]
