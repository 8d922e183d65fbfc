"""What is published has a spent approval (CPS 2.3), and what is not yet published nobody outside
reads.

The public site's role sees published rows alone. The staff site's role makes proposals, and of a
proposal something published only by the row of a spent approval about that very publication. That
is a guard against slips: the same role writes approvals, and whose signed votes stand behind one
`manage.py verify_votes` says. The names of both roles are those of `anxin/grants.py`.
"""

from django.db import migrations

SIGHT = """
ALTER TABLE ra_publication ENABLE ROW LEVEL SECURITY;
CREATE POLICY ra_publication_sight ON ra_publication
  USING (current_user <> 'anxin_public' OR state = 'published')
"""
FUNCTION = """
CREATE FUNCTION ra_staff_publish_what_was_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'proposed' THEN
      RETURN NEW;
    END IF;
  ELSIF OLD.state = 'proposed' AND (NEW.state <> 'published' OR EXISTS (
    SELECT 1 FROM people_approval
    WHERE id = NEW.approval_id AND action = 'ra.publish_document' AND state = 'used'
      AND subject = 'ra.publication:' || NEW.id
  )) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the committee publishes, and what is over stays as it is'
    USING ERRCODE = 'insufficient_privilege';
END $$
"""
TRIGGER = """
CREATE TRIGGER ra_publication_staff BEFORE INSERT OR UPDATE ON ra_publication
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ra_staff_publish_what_was_agreed();
ALTER TABLE ra_publication ENABLE ALWAYS TRIGGER ra_publication_staff
"""
BACK = """
DROP TRIGGER ra_publication_staff ON ra_publication;
DROP FUNCTION ra_staff_publish_what_was_agreed();
DROP POLICY ra_publication_sight ON ra_publication;
ALTER TABLE ra_publication DISABLE ROW LEVEL SECURITY
"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0042_asked_once")]
    operations = [migrations.RunSQL(FUNCTION + ";" + TRIGGER + ";" + SIGHT, BACK)]
