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
}

# Fields that say what a thing is to be like, or are the same for all tenants.
PLAIN = {
    "permission",
    "permissions",
    "scopes",
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
    # Of users, who are of no tenant: that nobody learns of another's is the subject of test/e2e/test_users.py.
    "email",
    "password",
    "current_password",
    "new_password",
    "second_factor",
    "code",
    "token",
    "session_id",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """A request that a tenant's principal may make: {name} stands for that value of its world."""

    request: dict = dataclasses.field(default_factory=dict)
    # References that here are the caller's own choice: the name of what it makes.
    chosen: frozenset = frozenset()


OWN = Row({"tenantId": "{tenant_id}"})
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
    "ApiKeyService.RevokeApiKey": Row({"tenantId": "{tenant_id}", "apiKeyId": "{api_key_id}"}),
    "AuditService.ExportAuditEvents": OWN,
    "AuditService.ListAuditEvents": OWN,
    "AuditService.VerifyAuditTrail": Row(
        {"tenantId": "{tenant_id}", "start": {"eventNumber": "1", "hash": "{hash}"}}
    ),
    "DomainService.GetDomain": Row({"tenantId": "{tenant_id}", "domainId": "{domain_id}"}),
    "DomainService.ListDomains": OWN,
    "OutboxService.ListParkedMessages": Row(),
    "OutboxService.RunParkedMessage": Row({"tenantId": "{tenant_id}", "messageId": "{message_id}"}),
    "QueueService.ArchiveTask": TASK,
    "QueueService.ArchiveTasks": TASKS,
    "QueueService.CancelTask": TASK,
    "QueueService.DeleteTask": TASK,
    "QueueService.DeleteTasks": TASKS,
    "QueueService.GetQueue": QUEUE,
    "QueueService.GetTask": TASK,
    "QueueService.ListQueues": Row(),
    "QueueService.ListSchedules": Row(),
    "QueueService.ListServers": Row(),
    "QueueService.ListTasks": TASKS,
    "QueueService.PauseQueue": QUEUE,
    "QueueService.ResumeQueue": QUEUE,
    "QueueService.RunTask": TASK,
    "QueueService.RunTasks": TASKS,
    "TenantService.ArchiveTenant": OWN,
    "TenantService.CreateTenant": Row({"name": "Toko", "slug": "{slug}", "countryCode": "ID", "timezone": "Asia/Jakarta"}),
    "TenantService.GetTenant": OWN,
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
    "UserService.VerifyEmail": Row({"token": "x"}),
}
