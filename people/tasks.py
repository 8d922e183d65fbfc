from people.approvals.tasks import expire_approvals as expire_approvals
