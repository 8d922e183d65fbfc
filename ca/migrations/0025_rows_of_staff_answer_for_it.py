"""What the staff site's role writes about a certificate answers for that certificate.

A revocation, or a hold, has an approval that was about it; a hold ends with the certificate, or by
an approval of that; no two transactions at once get past that (CPS 4.9.1, 4.9.12). What is agreed
to about the end of an authority stays, and workers alone finish revoking (CPS 5.7.3). What the
functions mean no session's settings change. The acts are those of `ca.revocation.rules`, the role
is one of `anxin/grants.py`.
"""

from importlib import import_module

from django.db import migrations

before = import_module("ca.migrations.0024_rows_of_staff_hold_nothing_up")

# A session may have a schema, or a way of reading a backslash, of its own
SETTLED = """
ALTER FUNCTION {function} SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION {function} SET standard_conforming_strings = on
"""
FUNCTIONS = (
    "ca_der(int, bytea)",
    "ca_time(timestamptz, text)",
    "ca_entry(text, timestamptz, text, timestamptz)",
    "ca_staff_asks_now()",
)
REVOKES = """
CREATE FUNCTION ca_spent(approval bigint, act text, about text) RETURNS boolean
 LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM people_approval WHERE id = approval AND state = 'used'
                 AND action = act AND subject = about)
$$;
CREATE FUNCTION ca_staff_revokes_what_is_there() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  said ca_certificate%ROWTYPE;
  self text := 'ca.certificate:' || NEW.certificate_id;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  IF (NEW.ca_id, NEW.not_after) IS DISTINCT FROM (said.ca_id, said.not_after)
     OR NEW.ending_id IS NOT NULL OR NEW.listed_at IS NOT NULL OR NEW.reason = 'certificateHold'
     OR NEW.revoked_at > now() + interval '1 day'
     OR NOT (NEW.warrant = said.warrant OR ca_spent(NEW.warrant, 'ra.revoke_certificate', self))
     OR NEW.entry IS DISTINCT FROM ca_entry(
       said.serial, coalesce(said.held_at, NEW.revoked_at), NEW.reason, NEW.invalid_since) THEN
    RAISE EXCEPTION 'a revocation says of a certificate what the certificate says'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ca_staff_holds_what_is_there() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  said ca_certificate%ROWTYPE;
  self text := 'ca.certificate:' || NEW.certificate_id;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  IF (NEW.ca_id, NEW.not_after) IS DISTINCT FROM (said.ca_id, said.not_after)
     OR NEW.held_at > now() + interval '1 day'
     OR coalesce(NEW.ended_at, NEW.listed_at, NEW.dropped_at) IS NOT NULL
     OR NEW.release_warrant IS NOT NULL
     OR NOT (NEW.warrant = said.warrant OR ca_spent(NEW.warrant, 'ra.freeze_certificate', self)
             OR EXISTS (SELECT 1 FROM ca_hold WHERE certificate_id = said.id
                        AND release_warrant = NEW.warrant))  -- an operator's, once more
     OR NEW.entry IS DISTINCT FROM ca_entry(said.serial, NEW.held_at, 'certificateHold', NULL) THEN
    RAISE EXCEPTION 'a hold says of a certificate what the certificate says'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ca_staff_revokes_whole() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  number bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
  PERFORM 1 FROM ca_certificate WHERE id = number FOR NO KEY UPDATE;  -- nobody else meanwhile
  IF NOT EXISTS (SELECT 1 FROM ca_certificate c JOIN ca_revocation r ON r.certificate_id = c.id
                 WHERE c.id = number AND c.state = 'revoked') THEN
    RAISE EXCEPTION 'a certificate is revoked with its revocation, and not without'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION ca_staff_holds_whole() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  number bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
  said ca_certificate%ROWTYPE;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = number FOR NO KEY UPDATE;
  IF (said.state = 'held')
     <> EXISTS (SELECT 1 FROM ca_hold WHERE certificate_id = number AND ended_at IS NULL)
     OR said.held_at IS DISTINCT FROM (
       SELECT held_at FROM ca_hold WHERE certificate_id = number AND release_warrant IS NULL) THEN
    RAISE EXCEPTION 'a certificate is on hold with its hold, and not without'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION ca_staff_holds_end() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  said ca_certificate%ROWTYPE;
  hold ca_hold%ROWTYPE;
  self text := 'ca.certificate:' || NEW.certificate_id;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  SELECT * INTO hold FROM ca_hold WHERE id = NEW.id;
  IF hold.ended_at IS NOT NULL AND (TG_OP = 'INSERT' OR NOT CASE
       WHEN hold.release_warrant IS NULL THEN said.state = 'revoked'
       ELSE ca_spent(hold.release_warrant, 'ra.unfreeze_certificate', self)
         OR ca_spent(hold.release_warrant, 'people.reinstate', said.requester) END) THEN
    RAISE EXCEPTION 'a hold ends with its certificate, or by an approval'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ca_revocation_staff_says BEFORE INSERT ON ca_revocation
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_revokes_what_is_there();
CREATE TRIGGER ca_hold_staff_says BEFORE INSERT ON ca_hold
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_holds_what_is_there();
CREATE CONSTRAINT TRIGGER ca_revocation_staff_revokes AFTER INSERT ON ca_revocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_revokes_whole('certificate_id');
CREATE CONSTRAINT TRIGGER ca_hold_staff_holds AFTER INSERT OR UPDATE OF ended_at ON ca_hold
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_holds_whole('certificate_id');
CREATE CONSTRAINT TRIGGER ca_hold_staff_ends
  AFTER INSERT OR UPDATE OF ended_at, release_warrant ON ca_hold
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_holds_end();
CREATE CONSTRAINT TRIGGER ca_certificate_staff_revokes_whole AFTER UPDATE OF state ON ca_certificate
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'anxin_staff' AND NEW.state = 'revoked' AND OLD.state <> 'revoked')
  EXECUTE FUNCTION ca_staff_revokes_whole('id');
CREATE CONSTRAINT TRIGGER ca_certificate_staff_holds_whole
  AFTER UPDATE OF state, held_at ON ca_certificate
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'anxin_staff' AND ((NEW.state = 'held') <> (OLD.state = 'held')
        OR NEW.held_at IS DISTINCT FROM OLD.held_at))
  EXECUTE FUNCTION ca_staff_holds_whole('id');
ALTER TABLE ca_revocation ENABLE ALWAYS TRIGGER ca_revocation_staff_says;
ALTER TABLE ca_revocation ENABLE ALWAYS TRIGGER ca_revocation_staff_revokes;
ALTER TABLE ca_hold ENABLE ALWAYS TRIGGER ca_hold_staff_says;
ALTER TABLE ca_hold ENABLE ALWAYS TRIGGER ca_hold_staff_holds;
ALTER TABLE ca_hold ENABLE ALWAYS TRIGGER ca_hold_staff_ends;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_revokes_whole;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_holds_whole
"""
REVOKES_BACK = """
DROP TRIGGER ca_certificate_staff_holds_whole ON ca_certificate;
DROP TRIGGER ca_certificate_staff_revokes_whole ON ca_certificate;
DROP TRIGGER ca_hold_staff_ends ON ca_hold;
DROP TRIGGER ca_hold_staff_holds ON ca_hold;
DROP TRIGGER ca_hold_staff_says ON ca_hold;
DROP TRIGGER ca_revocation_staff_revokes ON ca_revocation;
DROP TRIGGER ca_revocation_staff_says ON ca_revocation;
DROP FUNCTION ca_staff_holds_end();
DROP FUNCTION ca_staff_holds_whole();
DROP FUNCTION ca_staff_revokes_whole();
DROP FUNCTION ca_staff_holds_what_is_there();
DROP FUNCTION ca_staff_revokes_what_is_there();
DROP FUNCTION ca_spent(bigint, text, text)
"""
STAYS = """
CREATE FUNCTION ca_staff_answers_nothing() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'workers know until when a certificate is answered about'
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION ca_staff_keeps_what_was_agreed() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.state = 'declared'
     OR (NEW.approval_id, NEW.agreed_at) IS DISTINCT FROM (OLD.approval_id, OLD.agreed_at) THEN
    RAISE EXCEPTION 'what was agreed to about an end stays'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ca_staff_revokes_no_batch() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'workers alone know when revoking is over'
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ca_certificate_staff_answers BEFORE UPDATE OF answers_until ON ca_certificate
  FOR EACH ROW WHEN (current_user = 'anxin_staff' AND NEW.answers_until IS NOT NULL
                     AND NEW.answers_until IS DISTINCT FROM OLD.answers_until)
  EXECUTE FUNCTION ca_staff_answers_nothing();
CREATE TRIGGER ca_ending_staff_keeps BEFORE UPDATE ON ca_ending
  FOR EACH ROW WHEN (current_user = 'anxin_staff' AND OLD.state <> 'declared')
  EXECUTE FUNCTION ca_staff_keeps_what_was_agreed();
CREATE TRIGGER ca_endingstep_staff_revokes BEFORE INSERT OR UPDATE OF state ON ca_endingstep
  FOR EACH ROW WHEN (current_user = 'anxin_staff' AND NEW.code = 'revoke'
                     AND NEW.state NOT IN ('waiting', 'acting'))
  EXECUTE FUNCTION ca_staff_revokes_no_batch();
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_answers;
ALTER TABLE ca_ending ENABLE ALWAYS TRIGGER ca_ending_staff_keeps;
ALTER TABLE ca_endingstep ENABLE ALWAYS TRIGGER ca_endingstep_staff_revokes
"""
STAYS_BACK = """
DROP TRIGGER ca_endingstep_staff_revokes ON ca_endingstep;
DROP TRIGGER ca_ending_staff_keeps ON ca_ending;
DROP TRIGGER ca_certificate_staff_answers ON ca_certificate;
DROP FUNCTION ca_staff_revokes_no_batch();
DROP FUNCTION ca_staff_keeps_what_was_agreed();
DROP FUNCTION ca_staff_answers_nothing()
"""
# What no process can read stops whoever comes across it; 9999 is never (`ca.ocsp.rules`)
MOMENTS = """
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT table_name, column_name FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name LIKE 'ca\\_%'
               AND data_type IN ('date', 'timestamp with time zone') LOOP
    EXECUTE format('ALTER TABLE %1$I ADD CONSTRAINT %3$I'
      ' CHECK (%2$I >= ''1950-01-01 00:00:00+00'' AND %2$I <= ''9999-01-01 00:00:00+00'')',
      one.table_name, one.column_name, left(one.column_name, 30) || '_of_' || one.table_name);
  END LOOP;
END $$;
ALTER TABLE ca_certificate ADD CONSTRAINT names_are_text
  CHECK (NOT jsonb_path_exists(names, '$.** ? (@.type() == "number")'))
"""
MOMENTS_BACK = """
ALTER TABLE ca_certificate DROP CONSTRAINT names_are_text;
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
             WHERE contype = 'c' AND conrelid::regclass::text LIKE 'ca\\_%'
               AND conname LIKE '%\\_of\\_ca\\_%' LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname);
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ca", "0024_rows_of_staff_hold_nothing_up"),
        ("people", "0001_initial"),  # people_approval
    ]
    operations = [
        *(
            migrations.RunSQL(
                SETTLED.format(function=function), f"ALTER FUNCTION {function} RESET ALL"
            )
            for function in FUNCTIONS
        ),
        migrations.RunSQL(before.REVOKES_BACK, before.REVOKES),
        migrations.RunSQL(REVOKES, REVOKES_BACK),
        migrations.RunSQL(STAYS, STAYS_BACK),
        migrations.RunSQL(MOMENTS, MOMENTS_BACK),
    ]
