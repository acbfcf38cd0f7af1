"""What the matrix knows of each RPC and of each field of its request. What is not here fails the matrix."""

import dataclasses

# Fields that say which thing is meant, a key of it, or which rows: what another tenant's value must tell nothing by.
# Each is the name of a value of `world.World`.
REFERENCES = {
    "tenant_id": "tenant_id",
    "tenant.tenant_id": "tenant_id",
    "domain_id": "domain_id",
    "api_key_id": "api_key_id",
    "message_id": "message_id",
    "role": "role",
    "subject": "subject",
    "filter.principal": "subject",
    "filter.resource": "resource",
    "filter.name_contains": "canary",
    "start.hash": "hash",
    "tenant.etag": "etag",
    "tenant.code": "code",
    "tenant.slug": "slug",
    "slug": "slug",
    "task_id": "task_id",
    "queue": "queue",
    "group": "canary",
    "page_token": "page_token",
    "schedule_id": "task_id",
    "trusted_head.tenant_id": "tenant_id",
    # Entries and holds are numbered in each tenant: theirs go further than mine.
    "entry_id": "last_number",
    "hold_id": "last_number",
    "member_id": "member",
    "from_member_id": "member",
    "to_member_id": "member",
    "filter.member_id": "member",
    "reference_id": "reference",
    "filter.reference_id": "reference",
    "unit": "unit",
    "rule_id": "rule_id",
    "user_id": "user_id",
    "invitation_id": "invitation_id",
    "trigger": "trigger",
    "rule.trigger": "trigger",
    "filter.trigger": "trigger",
}

# Of these, the names that a tenant gives to its own: a read repeats them, and a change makes what is not there.
NAMES = {"member_id", "from_member_id", "to_member_id", "filter.member_id", "reference_id", "filter.reference_id", "unit"}

# Fields that say what a thing is to be like, or are the same for all tenants.
PLAIN = {
    "permission",
    "permissions",
    "scopes",
    "allowed_origins",
    "csv",
    "display_name",
    "description",
    "reason",
    "name",
    "country_code",
    "timezone",
    "tenant.name",
    "tenant.country_code",
    "tenant.timezone",
    "filter.method",
    "filter.country_code",
    "filter.after_entry_id",  # a place in one's own chain, there or not
    "payload",
    "metadata.key",
    "metadata.value",
    # As those of a request for one entry.
    "entries.member_id",
    "entries.unit",
    "entries.reference_id",
    "entries.description",
    "entries.metadata.key",
    "entries.metadata.value",
    # What a head proves; to have it is to have been told.
    "trusted_head.root",
    "trusted_head.chain",
    "trusted_head.key_id",
    "trusted_head.public_key",
    "trusted_head.signature",
    # What a rule says, and what it is asked about.
    "rule.cost_warning",  # only ever answered
    "rule.name",
    "rule.description",
    "rule.condition",
    "rule.exclusive_group",
    "rule.actions.reward_point.expression",
    "rule.actions.voucher.pool",
    "rule.actions.cashback.wallet",
    "rule.actions.cashback.expression",
    "rule.actions.notify.channel",
    "rule.actions.notify.template",
    "rule.actions.tag.key",
    "rule.actions.tag.value",
    "attributes.name",
    "attributes.type",
    "attributes.description",
    "context.json",
    "contexts.context.json",
    # As that of a request for one rule.
    "baseline.rule_id",
    "candidate.rule_id",
    # Nobody looks at these: they are only answered.
    "rule.rule_id",
    "rule.tenant_id",
    # Of users, who are of no tenant: that nobody learns of another's is the subject of test/e2e/test_users.py.
    "email",
    "password",
    "current_password",
    "new_password",
    "second_factor",
    "code",
    "token",
    "session_id",
    # Of a browser at a provider, and of users: test/e2e/test_openid.py.
    "state",
    "external_identity_id",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """A request that a tenant's principal may make: {name} stands for that value of its world."""

    request: dict = dataclasses.field(default_factory=dict)
    # References that here are the caller's own choice: the name of what it makes.
    chosen: frozenset = frozenset()


MEMBER = {"tenantId": "{tenant_id}", "memberId": "{member}"}
POST = {**MEMBER, "amount": "1", "unit": "POINT"}
ENTRY = Row({"tenantId": "{tenant_id}", "entryId": "1"})
OWN = Row({"tenantId": "{tenant_id}"})
RULE = Row({"tenantId": "{tenant_id}", "ruleId": "{rule_id}"})
TRIGGER = Row({"tenantId": "{tenant_id}", "trigger": "{trigger}", "description": "x"})
# A text that starts with a brace would be a name.
CONTEXT = {"json": ' {"order_id": "o", "user_id": "u", "sub_total": 1}'}
NEW_RULE = {
    "name": "x",
    "trigger": "PURCHASE",
    "condition": "sub_total > 1",
    "actions": [{"tag": {"key": "k", "value": "v"}}],
}
QUEUE = Row({"queue": "{queue}"})
TASK = Row({"queue": "{queue}", "taskId": "{task_id}"})
TASKS = Row({"queue": "{queue}", "state": "RETRY"})

ROWS = {
    "AccessPolicyService.ReloadPolicy": Row(),
    "AccessPolicyService.ReplacePolicy": Row({"csv": ""}),
    "AccessService.CheckAccess": Row({"tenantId": "{tenant_id}", "permission": "tenant:read", "subject": "{subject}"}),
    "AccessService.CreateRole": Row(
        {"tenantId": "{tenant_id}", "role": "new_role", "permissions": ["tenant:read"]}, chosen=frozenset({"role"})
    ),
    "AccessService.DeleteRole": Row({"tenantId": "{tenant_id}", "role": "{role}"}),
    "AccessService.ExplainAccess": Row(
        {"tenantId": "{tenant_id}", "permission": "tenant:read", "subject": "{subject}"}
    ),
    "AccessService.ListPermissions": OWN,
    "AccessService.ListRoles": OWN,
    "AccessService.UpdateRole": Row({"tenantId": "{tenant_id}", "role": "{role}", "description": "At the till"}),
    "ApiKeyService.CreateApiKey": Row({"tenantId": "{tenant_id}", "displayName": "Till", "scopes": ["tenant:read"]}),
    "ApiKeyService.ListApiKeys": OWN,
    "ApiKeyService.RotateApiKey": Row(
        {"tenantId": "{tenant_id}", "apiKeyId": "{narrow_id}", "grace": "ONE_HOUR"}
    ),
    "ApiKeyService.RevokeApiKey": Row({"tenantId": "{tenant_id}", "apiKeyId": "{api_key_id}"}),
    "AuditService.ExportAuditEvents": OWN,
    "AuditService.ListAuditEvents": OWN,
    "AuditService.VerifyAuditTrail": Row(
        {"tenantId": "{tenant_id}", "start": {"eventNumber": "1", "hash": "{hash}"}}
    ),
    "DomainService.GetDomain": Row({"tenantId": "{tenant_id}", "domainId": "{domain_id}"}),
    "DomainService.ListDomains": OWN,
    "ExternalSignInService.ConfirmSignIn": Row({"secondFactor": "000000"}),
    "ExternalSignInService.FinishLink": Row({"code": "x", "state": "x"}),
    "ExternalSignInService.FinishSignIn": Row({"code": "x", "state": "x"}),
    "ExternalSignInService.ListExternalIdentities": Row(),
    "ExternalSignInService.StartLink": Row({"password": "correct horse"}),
    "ExternalSignInService.StartSignIn": Row(),
    "ExternalSignInService.UnlinkExternalIdentity": Row({"externalIdentityId": "1"}),
    "LedgerProofService.GetConsistencyProof": Row({"tenantId": "{tenant_id}", "oldSize": "1"}),
    "LedgerProofService.GetInclusionProof": ENTRY,
    "LedgerProofService.GetReceipt": ENTRY,
    "LedgerProofService.GetTreeHead": OWN,
    "LedgerProofService.ListPauses": OWN,
    "LedgerProofService.ListSigningKeys": Row(),
    "LedgerProofService.RotateSigningKey": Row(),
    "LedgerProofService.VerifyChain": OWN,
    "LedgerService.AddEntries": Row(
        {"tenantId": "{tenant_id}", "entries": [{"memberId": "x", "direction": "CREDIT", "amount": "1"}]}
    ),
    "LedgerService.AddEntry": Row({**POST, "direction": "CREDIT"}),
    "LedgerService.Capture": Row({"tenantId": "{tenant_id}", "holdId": "{hold_number}"}),
    "LedgerService.CloseAccount": Row({**MEMBER, "forfeit": True, "memberId": "bob"}),
    "LedgerService.CreateUnit": Row({"tenantId": "{tenant_id}", "unit": "STAR"}),
    "LedgerService.GetBalance": Row(MEMBER),
    "LedgerService.GetEntry": ENTRY,
    "LedgerService.GetHold": Row({"tenantId": "{tenant_id}", "holdId": "{hold_number}"}),
    "LedgerService.GetLiabilityReport": Row({"tenantId": "{tenant_id}", "unit": "POINT"}),
    "LedgerService.GetStatement": Row(MEMBER),
    "LedgerService.Hold": Row(POST),
    "LedgerService.ListEntries": OWN,
    "LedgerService.ListLots": Row(MEMBER),
    "LedgerService.ListUnits": OWN,
    "LedgerService.RevertEntry": Row({"tenantId": "{tenant_id}", "entryId": "2"}),  # nothing of it is held
    "LedgerService.SetFloor": Row({**MEMBER, "floor": "0"}),
    "LedgerService.Transfer": Row(
        {"tenantId": "{tenant_id}", "fromMemberId": "{member}", "toMemberId": "bob", "amount": "1"}
    ),
    "LedgerService.Void": Row({"tenantId": "{tenant_id}", "holdId": "{hold_number}"}),
    "MemberService.AcceptInvitation": Row({"token": "x"}),
    "MemberService.InviteTenantUser": Row({"tenantId": "{tenant_id}", "email": "eve@shop.example", "role": "viewer"}),
    "MemberService.LeaveTenant": OWN,
    "MemberService.ListInvitations": OWN,
    "MemberService.ListTenantUsers": OWN,
    "MemberService.RemoveTenantUser": Row({"tenantId": "{tenant_id}", "userId": "{user_id}"}),
    "MemberService.RevokeInvitation": Row({"tenantId": "{tenant_id}", "invitationId": "{invitation_id}"}),
    "MemberService.UpdateTenantUserRole": Row({"tenantId": "{tenant_id}", "userId": "{user_id}", "role": "admin"}),
    "OutboxService.ListParkedMessages": Row(),
    "OutboxService.RunParkedMessage": Row({"tenantId": "{tenant_id}", "messageId": "{message_id}"}),
    "QueueService.ArchiveTask": TASK,
    "QueueService.ArchiveTasks": TASKS,
    "QueueService.CancelTask": TASK,
    "QueueService.DeleteTask": TASK,
    "QueueService.DeleteTasks": TASKS,
    "QueueService.GetQueue": QUEUE,
    "QueueService.GetTask": TASK,
    "QueueService.ListGroups": QUEUE,
    "QueueService.ListQueues": Row(),
    "QueueService.ListScheduleEvents": Row({"scheduleId": "{task_id}"}),
    "QueueService.ListSchedules": Row(),
    "QueueService.ListServers": Row(),
    "QueueService.ListTasks": TASKS,
    "QueueService.PauseQueue": QUEUE,
    "QueueService.RemoveQueue": QUEUE,
    "QueueService.ResumeQueue": QUEUE,
    "QueueService.RunTask": TASK,
    "QueueService.RunTasks": TASKS,
    "QueueService.UpdateTaskPayload": Row({"queue": "{queue}", "taskId": "{task_id}", "payload": "eA=="}),
    "RuleService.ActivateRule": RULE,
    "RuleService.AnalyzeRules": Row({"tenantId": "{tenant_id}", "trigger": "PURCHASE"}),
    "RuleService.BatchEvaluate": Row({"tenantId": "{tenant_id}", "trigger": "PURCHASE", "context": CONTEXT}),
    "RuleService.CreateRule": Row({"tenantId": "{tenant_id}", "rule": NEW_RULE}),
    "RuleService.CreateTrigger": Row(
        {"tenantId": "{tenant_id}", "trigger": "VISIT", "attributes": [{"name": "n", "type": "int"}]},
        chosen=frozenset({"trigger"}),
    ),
    "RuleService.DeactivateRule": Row({"tenantId": "{tenant_id}", "ruleId": "{active_rule_id}"}),
    "RuleService.DeleteRule": RULE,
    "RuleService.DeleteTrigger": Row({"tenantId": "{tenant_id}", "trigger": "{trigger}"}),
    "RuleService.EvaluateRule": Row({"tenantId": "{tenant_id}", "ruleId": "{rule_id}", "context": CONTEXT}),
    "RuleService.ExplainRule": Row({"tenantId": "{tenant_id}", "ruleId": "{rule_id}", "context": CONTEXT}),
    "RuleService.GetRule": RULE,
    "RuleService.ListRuleVersions": RULE,
    "RuleService.ListRules": OWN,
    "RuleService.ListTriggers": OWN,
    "RuleService.SimulateRules": Row(
        {"tenantId": "{tenant_id}", "trigger": "PURCHASE", "contexts": [{"context": CONTEXT}]}
    ),
    "RuleService.UpdateRule": Row(
        {"tenantId": "{tenant_id}", "ruleId": "{rule_id}", "rule": {"name": "y"}, "updateMask": "name"}
    ),
    "RuleService.UpdateTrigger": TRIGGER,
    "TenantService.ArchiveTenant": OWN,
    # A slug is a public host name: that it is taken is no secret.
    "TenantService.CreateTenant": Row(
        {"name": "Toko", "slug": "{slug}", "countryCode": "ID", "timezone": "Asia/Jakarta"}, chosen=frozenset({"slug"})
    ),
    "TenantService.GetTenant": OWN,
    "TenantService.ListMyTenants": Row(),
    "TenantService.ListProvisioningSteps": OWN,
    "TenantService.ListTenants": Row(),
    "TenantService.ResumeTenant": OWN,
    "TenantService.RetryProvisioning": OWN,
    "TenantService.SuspendTenant": OWN,
    "TenantService.UpdateTenant": Row(
        {"tenant": {"tenantId": "{tenant_id}", "name": "Toko"}, "updateMask": "name"}
    ),
    "UserService.ChangePassword": Row({"currentPassword": "correct horse", "newPassword": "battery staple"}),
    "UserService.ConfirmTotp": Row({"code": "000000"}),
    "UserService.DisableTotp": Row({"password": "correct horse", "secondFactor": "000000"}),
    "UserService.EnrollTotp": Row({"password": "correct horse"}),
    "UserService.GetMe": Row(),
    "UserService.ListSessions": Row(),
    "UserService.Login": Row({"email": "ann@shop.example", "password": "correct horse"}),
    "UserService.Logout": Row(),
    "UserService.Register": Row({"email": "ann@shop.example", "password": "correct horse"}),
    "UserService.RequestPasswordReset": Row({"email": "ann@shop.example"}),
    "UserService.ResetPassword": Row({"token": "x", "newPassword": "battery staple"}),
    "UserService.RevokeSession": Row({"sessionId": "1"}),
    "UserService.VerifyEmail": Row({"token": "x", "password": "x"}),
}
