"""What a holder asks for waits once (CPS 4.9.3), from however many networks it was asked at once.

What waits twice already is turned down as an operator does with a duplicate. And the public site
begins a submission with nothing said of its end.
"""

from django.db import migrations, models

ASKED = ["revoke", "freeze", "unfreeze", "refund", "invoice"]
TWICE = """
UPDATE ra_submission AS later
SET state = 'refused', reason = 'duplicate', settled_at = now(), sealed = ''
FROM ra_submission AS earlier
WHERE earlier.application_id = later.application_id AND earlier.purpose = later.purpose
  AND earlier.id < later.id AND later.purpose IN ('revoke', 'freeze', 'unfreeze', 'refund', 'invoice')
  AND earlier.state IN ('open', 'waiting') AND later.state IN ('open', 'waiting')
"""
BEGINS = """
CREATE OR REPLACE FUNCTION ra_public_only_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'open' OR NEW.settled_by IS NOT NULL%s
     OR (NEW.application_id IS NOT NULL AND NEW.purpose = 'apply') THEN
    RAISE EXCEPTION 'the public site begins and settles nothing'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""
NOTHING_OF_ITS_END = """
     OR NEW.settled_at IS NOT NULL OR NEW.alarmed_at IS NOT NULL OR NEW.handed_in_at IS NOT NULL
     OR NEW.reason <> ''"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0041_refunds_have_a_day")]
    operations = [
        migrations.RunSQL(TWICE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                condition=models.Q(state__in=["open", "waiting"], purpose__in=ASKED),
                fields=("application", "purpose"),
                name="one_of_a_kind_is_asked",
            ),
        ),
        migrations.RunSQL(BEGINS % NOTHING_OF_ITS_END, BEGINS % ""),
    ]
