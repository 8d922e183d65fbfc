"""Price lists, orders, payments and refunds (CPS 9.1)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ra', '0013_disclosure_cases'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeeAgreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile', models.CharField(max_length=40)),
                ('years', models.PositiveSmallIntegerField()),
                ('fen', models.PositiveIntegerField()),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField()),
                ('approval_id', models.BigIntegerField(unique=True)),
                ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ra.subscriber')),
            ],
        ),
        migrations.CreateModel(
            name='FeeOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=20)),
                ('fen', models.PositiveIntegerField()),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('paid_at', models.DateTimeField(null=True)),
                ('refund', models.PositiveIntegerField(null=True)),
                ('refund_at', models.DateTimeField(null=True)),
                ('approval_id', models.BigIntegerField(null=True)),
                ('agreement', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ra.feeagreement')),
                ('application', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ra.application')),
            ],
        ),
        migrations.CreateModel(
            name='FeePayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fen', models.PositiveIntegerField()),
                ('method', models.CharField(max_length=20)),
                ('receipt', models.CharField(max_length=40, unique=True)),
                ('taken_by', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='ra.feeorder')),
            ],
        ),
        migrations.CreateModel(
            name='FeeSchedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=20)),
                ('valid_from', models.DateField()),
                ('proposed_by', models.BigIntegerField()),
                ('proposed_at', models.DateTimeField()),
                ('approval_id', models.BigIntegerField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'published', 'refused'])), name='a_schedule_has_a_state'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('state',), name='one_proposed_schedule'), models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('valid_from',), name='one_schedule_a_day')],
            },
        ),
        migrations.AddField(
            model_name='feeorder',
            name='schedule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ra.feeschedule'),
        ),
        migrations.CreateModel(
            name='FeePrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile', models.CharField(max_length=40)),
                ('years', models.PositiveSmallIntegerField()),
                ('fen', models.PositiveIntegerField()),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='ra.feeschedule')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('schedule', 'profile', 'years'), name='one_price')],
            },
        ),
        migrations.AddIndex(
            model_name='feeorder',
            index=models.Index(fields=['state', 'due_at'], name='fee_order_state'),
        ),
        migrations.AddConstraint(
            model_name='feeorder',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'paid', 'arrears', 'void', 'refund_due', 'refund_asked', 'refunded'])), name='a_fee_order_has_a_state'),
        ),
        migrations.AddConstraint(
            model_name='feeorder',
            constraint=models.CheckConstraint(condition=models.Q(('refund__isnull', True), ('refund__lte', models.F('fen')), _connector='OR'), name='no_more_goes_back_than_came'),
        ),
    ]
