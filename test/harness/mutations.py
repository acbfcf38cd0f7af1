"""How to make each RPC that leaves a row in the audit trail succeed: name -> Mutation, in an order in which all of them can."""

import dataclasses
from typing import Callable

from harness import contracts, people, shop
from harness.clients import Answer
from harness.ledger import Ledger
from harness.openid import Browser
from harness.people import PASSWORD
from harness.queues import Queue

# RPCs that may change something by their policy (OWN) and leave no row.
UNTRAILED = {
    # Entries of the ledger are a chain of their own.
    *(f"LedgerService.{name}" for name in ("AddEntries", "AddEntry", "Capture", "Hold", "RevertEntry", "Transfer", "Void")),
    # What they begin is kept in a cookie.
    "ExternalSignInService.StartSignIn",
    "ExternalSignInService.StartLink",
    # These only look.
    "LedgerProofService.VerifyChain",
    "RuleService.BatchEvaluate",
    *(f"QueueService.{name}" for name in ("GetQueue", "GetTask", "ListGroups", "ListQueues", "ListScheduleEvents")),
    *(f"QueueService.{name}" for name in ("ListSchedules", "ListServers", "ListTasks")),
}


def trailed(kind: str) -> set[str]:
    """The RPCs that leave a row, of one of the kinds below: "key", "queue" or "user"."""
    return {
        name
        for name, method in contracts.methods().items()
        if method.effect != "READ" and name not in UNTRAILED and _kind(method) == kind
    }


def _kind(method: contracts.Method) -> str:
    if method.scope in ("USER", "PUBLIC"):
        return "user"
    return "queue" if method.permission == "queue:manage" else "key"


@dataclasses.dataclass
class Mutation:
    call: Callable[..., Answer]  # takes headers; may be called again when it was refused
    prepare: Callable[[], object] = lambda: None  # what must be there before it; once


def of_keys(rest, server, made: shop.Shop) -> dict[str, Mutation]:
    """As the platform's administrator."""
    base, ledger = made.path, Ledger.begin(server, made)
    made_ids: dict[str, str] = {}
    user = str(int(made.id) + 1)
    server.stack.psql(
        people.insert_user(user, f"{user}@shop.example"),
        f"insert into identity.members values ({made.id}, {user}, 'viewer', now(), now())",
        database=server.database,
    )

    def post(path: str, body=None, keep=None) -> Mutation:
        """{name} in a path stands for an id that a call before has kept: `keep` finds (name, id) in an answer."""

        def call(**headers) -> Answer:
            answer = rest.post(path.format(**made_ids), body, **headers)
            if keep and answer.status == 200:
                made_ids.update([keep(answer.json)])
            return answer

        return Mutation(call)

    def send(verb: str, path: str, body=None) -> Mutation:
        return Mutation(lambda **headers: rest.send(verb, path.format(**made_ids), body, **headers))

    def park():
        (row,) = server.rows(f"select min(id) as id from outbox.messages where tenant_id = {made.id}")
        made_ids["parked"] = row["id"]
        parked = f"update outbox.messages set parked_at = now(), last_error = 'x' where id = {row['id']}"
        server.stack.psql(parked, database=server.database)

    rule = {"name": "r", "trigger": "PURCHASE", "condition": "true", "actions": [{"voucher": {"pool": "p"}}]}
    trigger = {"trigger": "VISIT", "attributes": [{"name": "n", "type": "int"}]}
    key = {"displayName": "till", "scopes": ["tenant:read"]}
    role = {"role": "cashier", "permissions": ["tenant:read"]}
    invitation = {"email": "ann@shop.example", "role": "viewer"}
    member = f"{ledger.path}/members/ann"
    calls = {
        "LedgerService.CreateUnit": post(f"{ledger.path}/units", {"unit": "STAR"}),
        "LedgerService.SetFloor": post(f"{member}:setFloor", {"floor": 1}),
        "LedgerService.CloseAccount": post(f"{member}:close", {"forfeit": True}),
        "LedgerProofService.RotateSigningKey": post("/v1/ledger/signingKeys:rotate"),
        "RuleService.CreateRule": post(f"{base}/rules", rule, lambda rule: ("rule", rule["ruleId"])),
        "RuleService.UpdateRule": send("PATCH", base + "/rules/{rule}", {"priority": 5}),
        "RuleService.ActivateRule": post(base + "/rules/{rule}:activate"),
        "RuleService.DeactivateRule": post(base + "/rules/{rule}:deactivate"),
        "RuleService.DeleteRule": send("DELETE", base + "/rules/{rule}"),
        "RuleService.CreateTrigger": post(f"{base}/triggers", trigger),
        "RuleService.UpdateTrigger": send("PATCH", f"{base}/triggers/VISIT", {"description": "x"}),
        "RuleService.DeleteTrigger": send("DELETE", f"{base}/triggers/VISIT"),
        "MemberService.InviteTenantUser": post(
            f"{base}/invitations", invitation, lambda made: ("invitation", made["invitationId"])
        ),
        "MemberService.RevokeInvitation": post(base + "/invitations/{invitation}:revoke"),
        "MemberService.UpdateTenantUserRole": post(f"{base}/users/{user}:updateRole", {"role": "staff"}),
        "MemberService.RemoveTenantUser": post(f"{base}/users/{user}:remove"),
        "OutboxService.RunParkedMessage": post(base + "/parkedMessages/{parked}:run"),
        "AccessPolicyService.ReloadPolicy": post("/v1/accessPolicy:reload"),
        "AccessPolicyService.ReplacePolicy": send("PUT", "/v1/accessPolicy", {}),
        "AccessService.CreateRole": post(f"{base}/roles", role),
        "AccessService.UpdateRole": send("PATCH", f"{base}/roles/cashier", {"description": "x"}),
        "AccessService.DeleteRole": send("DELETE", f"{base}/roles/cashier"),
        "TenantService.CreateTenant": post("/v1/tenants", shop.draft()),
        "TenantService.UpdateTenant": send("PATCH", base, {"name": "Neu"}),
        "ApiKeyService.CreateApiKey": post(f"{base}/apiKeys", key, lambda made: ("key", made["apiKey"]["apiKeyId"])),
        "ApiKeyService.RotateApiKey": post(base + "/apiKeys/{key}:rotate", {"grace": "ONE_HOUR"}),
        "ApiKeyService.RevokeApiKey": post(base + "/apiKeys/{key}:revoke"),
        "TenantService.RetryProvisioning": post(f"{base}:retryProvisioning"),
        "TenantService.SuspendTenant": post(f"{base}:suspend", {"reason": "late"}),
        "TenantService.ResumeTenant": post(f"{base}:resume"),
        "TenantService.ArchiveTenant": post(f"{base}:archive"),
    }
    calls["LedgerService.SetFloor"].prepare = lambda: ledger.credit("ann", 5)
    calls["OutboxService.RunParkedMessage"].prepare = park
    calls["TenantService.ArchiveTenant"].prepare = lambda: rest.post(f"{base}:suspend").ok()
    return calls


def of_queues(rest, queue: Queue) -> dict[str, Mutation]:
    """As the platform's administrator, on tasks that this puts into `queue` and another one."""
    for task_id in ("run", "archive", "delete", "more 1", "more 2", "more 3"):
        queue.put(task_id, "retry")
    queue.put("busy", "active")
    queue.put("later", "scheduled")
    other = Queue(queue.redis, queue.name + "-other")
    other.put("one", "retry")

    def post(suffix: str, **body) -> Mutation:
        return Mutation(lambda **headers: rest.post(f"/v1/queues/{queue.name}{suffix}", body, **headers))

    def delete(path: str) -> Mutation:
        return Mutation(lambda **headers: rest.send("DELETE", f"/v1/queues/{path}", **headers))

    return {
        "QueueService.PauseQueue": post(":pause"),
        "QueueService.ResumeQueue": post(":resume"),
        "QueueService.RunTask": post("/tasks/run:run"),
        "QueueService.ArchiveTask": post("/tasks/archive:archive"),
        "QueueService.DeleteTask": delete(f"{queue.name}/tasks/delete"),
        "QueueService.CancelTask": post("/tasks/busy:cancel"),
        "QueueService.UpdateTaskPayload": post("/tasks/later:updatePayload", payload="eA=="),
        "QueueService.RemoveQueue": delete(f"{other.name}?force=true"),
        "QueueService.RunTasks": post("/tasks:run", state="RETRY", maxCount=1),
        "QueueService.ArchiveTasks": post("/tasks:archive", state="RETRY", maxCount=1),
        "QueueService.DeleteTasks": post("/tasks:delete", state="RETRY", maxCount=1),
    }


class User:
    """Somebody who joins, works for a tenant, links a provider's identity, and goes. The server mails, and has a provider."""

    def __init__(self, server, mail, provider):
        self.server, self.mail, self.provider = server, mail, provider
        self.made = shop.create(server.rest())
        self.address, self.subject = people.new_address(), shop.unique("sub")
        self.browser, self.elsewhere, self.stranger = Browser(server), Browser(server), Browser(server)
        self.strangers = {"subject": shop.unique("sub"), "email": people.new_address(), "email_verified": True}
        # What calls give and others need.
        self.token = self.secret = self.identity = self.session = ""
        self.codes: list[str] = []
        self.returned: dict = {}
        provider.reusable = True  # so that a call which was refused can be made again

    def mutations(self) -> dict[str, Mutation]:
        typed = {"email": self.address, "password": PASSWORD}
        changed = {"currentPassword": PASSWORD, "newPassword": f"{PASSWORD}!"}
        post = self._post
        return {
            "UserService.Register": post("users:register", lambda: typed),
            "UserService.VerifyEmail": post(
                "users:verifyEmail", lambda: {"token": self.token, "password": PASSWORD}, self.read_letter
            ),
            "UserService.Login": post("users:login", lambda: typed),
            "MemberService.AcceptInvitation": post(
                "me/invitations:accept", lambda: {"token": self.token}, self.be_invited
            ),
            "MemberService.LeaveTenant": post(f"me/tenants/{self.made.id}:leave"),
            "UserService.EnrollTotp": post("me/totp:enroll", lambda: {"password": PASSWORD}, keep=("secret", "secret")),
            "UserService.ConfirmTotp": post(
                "me/totp:confirm", lambda: {"code": people.totp(self.secret)}, keep=("codes", "recoveryCodes")
            ),
            "ExternalSignInService.FinishLink": post(
                "me/externalIdentities:finishLink",
                lambda: self.returned,
                self.start_link,
                keep=("identity", "externalIdentityId"),
            ),
            "ExternalSignInService.ConfirmSignIn": post(
                "externalSignIn:confirm",
                lambda: {"secondFactor": self.codes[0]},
                lambda: self.elsewhere.sign_in(self.provider, self.subject).ok(),
                by=self.elsewhere,
            ),
            "UserService.RevokeSession": post("me/sessions/{self.session}:revoke", prepare=self.find_other_session),
            "ExternalSignInService.UnlinkExternalIdentity": post("me/externalIdentities/{self.identity}:unlink"),
            "UserService.DisableTotp": post(
                "me/totp:disable", lambda: {"password": PASSWORD, "secondFactor": self.codes[1]}
            ),
            "ExternalSignInService.FinishSignIn": post(
                "externalSignIn:finish", self.come_as_a_stranger, by=self.stranger
            ),
            "UserService.ChangePassword": post("me:changePassword", lambda: changed),
            "UserService.Logout": post("me:logout"),
            "UserService.RequestPasswordReset": post("users:requestPasswordReset", lambda: {"email": self.address}),
            "UserService.ResetPassword": post(
                "users:resetPassword", lambda: {"token": self.token, "newPassword": PASSWORD}, self.read_letter
            ),
        }

    def _post(self, path: str, body=dict, prepare=lambda: None, by: Browser | None = None, keep=None) -> Mutation:
        """`keep`: the attribute that gets a field of the answer."""

        def call(**headers) -> Answer:
            answer = (by or self.browser).post("/v1/" + path.format(self=self), body(), **headers)
            if keep and answer.status == 200:
                setattr(self, keep[0], answer.json[keep[1]])
            return answer

        return Mutation(call, prepare)

    def read_letter(self):
        self.token = self.mail.newest_token(self.address, self.token)

    def be_invited(self):
        invitation = {"email": self.address, "role": "viewer"}
        self.server.rest().post(f"{self.made.path}/invitations", invitation).ok()
        self.read_letter()

    def start_link(self):
        started = self.browser.post("/v1/me/externalIdentities:startLink", {"password": PASSWORD}).ok()
        self.returned = self.provider.authorize(started["authorizationUrl"], self.subject)

    def find_other_session(self):
        self.session = self.elsewhere.get("/v1/me").ok()["session"]["sessionId"]

    def come_as_a_stranger(self) -> dict:
        """What the provider sends back somebody with who has no account yet. A flow is good for one call."""
        return self.provider.authorize(self.stranger.start(), **self.strangers)
