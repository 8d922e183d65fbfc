from people.accounts.models import FormerPassword as FormerPassword
from people.accounts.models import OneTimeDevice as OneTimeDevice
from people.accounts.models import StaffMember as StaffMember
from people.approvals.models import Approval as Approval
from people.approvals.models import Vote as Vote
from people.sessions.models import StaffSession as StaffSession
from people.trust.models import Appointment as Appointment
