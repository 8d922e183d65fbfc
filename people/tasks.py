from people.accounts.tasks import tell_of_passwords as tell_of_passwords
from people.approvals.tasks import expire_approvals as expire_approvals
from people.approvals.tasks import tell_checkers as tell_checkers
from people.notices.tasks import send_notices as send_notices
from people.sessions.tasks import forget_traces as forget_traces
from people.trust.tasks import note_lapses as note_lapses
from people.trust.tasks import note_rotations as note_rotations
