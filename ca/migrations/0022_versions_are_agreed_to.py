"""Workers put versions of profiles in force, and no state comes but from the one before it.

The staff site's role proposes, notes that people agreed, and drops. It makes no version count:
that is done by workers, who prove the votes (`ca/profiling/proving.py`). Its name must be the one
of `anxin/grants.py`.
"""

from django.db import migrations, models

STAYS = """
CREATE OR REPLACE FUNCTION ca_profile_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF current_user = 'anxin_staff' AND (NEW.state <> 'proposed' OR NEW.proposed_by IS NULL) THEN
      RAISE EXCEPTION 'the staff site proposes versions of profiles'
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'versions of profiles are kept' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (OLD.code, OLD.version, OLD.document, OLD.digest, OLD.reason, OLD.valid_from, OLD.proposed_by,
      OLD.proposed_at, coalesce(OLD.approval_id, NEW.approval_id)) IS DISTINCT FROM
     (NEW.code, NEW.version, NEW.document, NEW.digest, NEW.reason, NEW.valid_from, NEW.proposed_by,
      NEW.proposed_at, NEW.approval_id) THEN
    RAISE EXCEPTION 'what a version of a profile says never changes'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
       ('proposed', 'agreed'), ('proposed', 'dropped'), ('agreed', 'dropped'),
       ('agreed', 'in_force'), ('in_force', 'replaced')) THEN
    RAISE EXCEPTION 'a version of a profile that was % does not become %', OLD.state, NEW.state
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF current_user = 'anxin_staff' AND OLD.state <> NEW.state
     AND NEW.state IN ('in_force', 'replaced') THEN
    RAISE EXCEPTION 'workers put versions of profiles in force'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER ca_profile_version_stays ON ca_profileversion;
CREATE TRIGGER ca_profile_version_stays BEFORE INSERT OR UPDATE OR DELETE ON ca_profileversion
  FOR EACH ROW EXECUTE FUNCTION ca_profile_version_stays();
ALTER TABLE ca_profileversion ENABLE ALWAYS TRIGGER ca_profile_version_stays
"""
BACK = """
DROP TRIGGER ca_profile_version_stays ON ca_profileversion;
CREATE TRIGGER ca_profile_version_stays BEFORE UPDATE OR DELETE ON ca_profileversion
  FOR EACH ROW EXECUTE FUNCTION ca_profile_version_stays();
ALTER TABLE ca_profileversion ENABLE ALWAYS TRIGGER ca_profile_version_stays
"""


class Migration(migrations.Migration):
    dependencies = [("ca", "0021_endings_stay")]
    operations = [
        migrations.RunSQL(STAYS, BACK),
        migrations.RemoveConstraint("profileversion", "a_later_profile_version_was_agreed_to"),
        migrations.AddConstraint(
            "profileversion",
            models.CheckConstraint(
                condition=models.Q(version=1, proposed_by__isnull=True)
                | models.Q(state__in=["proposed", "dropped"])
                | models.Q(approval_id__isnull=False),
                name="a_later_profile_version_was_agreed_to",
            ),
        ),
    ]
