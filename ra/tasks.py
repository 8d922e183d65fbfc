from ra.domains.tasks import check_names as check_names
from ra.domains.tasks import sweep_names as sweep_names
from ra.evidence.tasks import sweep_evidence as sweep_evidence
from ra.handover.tasks import hand_over as hand_over
from ra.handover.tasks import note_status as note_status
from ra.handover.tasks import sweep_issued as sweep_issued
from ra.notices.tasks import remind_expiring as remind_expiring
from ra.notices.tasks import send_notices as send_notices
