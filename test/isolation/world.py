"""Two tenants that must not know of each other, and everybody who calls."""

import dataclasses
import secrets

from google.protobuf import json_format

from harness import contracts, people, shop, wait
from harness.calls import Caller
from harness.ledger import Ledger
from harness.server import Server


IDS = ("domain_id", "api_key_id", "narrow_id", "message_id", "rule_id", "user_id", "invitation_id")


# Users who call, each with the tenant `mine` in X-Tenant-Id: the role that he has there, and what he is told when he reads it.
USERS = {
    "a member with the role viewer": ("viewer", ""),
    "a member without a permission": ("nothing", "PERMISSION_MISSING"),
    "a user who is no member": ("", "NOT_A_MEMBER"),
    "a member who was removed": ("admin", "NOT_A_MEMBER"),
}


def canary() -> str:
    """128 bits: nothing else holds it by chance."""
    return secrets.token_hex(16)


@dataclasses.dataclass
class World:
    """A tenant with a canary in every text that a tenant can have, and the values of its references."""

    made: shop.Shop
    canary: str
    key: str  # the secret of a key with every scope
    values: dict

    def request(self, method: contracts.Method, template: dict):
        return json_format.ParseDict(self._fill(template), method.request())

    def _fill(self, template):
        if isinstance(template, dict):
            return {name: self._fill(value) for name, value in template.items()}
        if isinstance(template, str) and template.startswith("{"):
            return self.values[template.strip("{}")]
        return template

    def marks(self) -> list[bytes]:
        """What nobody else may see."""
        return [mark.encode() for mark in {self.canary, self.values["tenant_id"], *self.ids}]

    @property
    def ids(self) -> list[str]:
        return [self.values[name] for name in IDS]


def fill_ledger(server: Server, made: shop.Shop, mark: str, more: int) -> dict:
    """Two credits, `more` others, and a hold, each with the canary."""
    ledger = Ledger.begin(server, made)
    unit = f"U{mark[:15].upper()}"
    ledger.rest.post(f"{ledger.path}/units", {"unit": unit}).ok()
    said = {"description": f"for {mark}", "metadata": {"till": mark}}
    ledger.credit(f"m-{mark}", 5, referenceId=f"ref-{mark}", **said)
    ledger.credit("bob", 5, **said)
    for _ in range(more):
        ledger.credit(f"m-{mark}", 1, **said)
    hold = ledger.hold(f"m-{mark}", 2, **said).ok()["holdId"]
    return {"member": f"m-{mark}", "reference": f"ref-{mark}", "unit": unit, "hold_number": hold, "last_number": hold}


def fill_rules(server: Server, made: shop.Shop, mark: str) -> dict:
    """A draft and an active rule, and a trigger, each with the canary."""
    own, name = server.rest(made.secret), f"T{mark[:20].upper()}"
    attributes = [{"name": "visits", "type": "int", "description": f"of {mark}"}]
    own.post(f"{made.path}/triggers", {"trigger": name, "description": mark, "attributes": attributes}).ok()
    rule = {"name": f"rule {mark}", "trigger": "PURCHASE", "condition": f"user_id == '{mark}'"}
    rule["actions"] = [{"voucher": {"pool": mark}}]
    draft, active = (own.post(f"{made.path}/rules", rule).ok()["ruleId"] for _ in range(2))
    own.post(f"{made.path}/rules/{active}:activate").ok()
    return {"rule_id": draft, "active_rule_id": active, "trigger": name}


def fill_members(server: Server, made: shop.Shop, mark: str) -> dict:
    """A member and an invitation, each with the canary in its address."""
    body = {"email": f"i-{mark}@shop.example", "role": "viewer"}
    invitation = server.rest(made.secret).post(f"{made.path}/invitations", body).ok()["invitationId"]
    user = str(int(made.id) + 1)
    server.stack.psql(
        people.insert_user(user, f"u-{mark}@shop.example"),
        f"insert into identity.members values ({made.id}, {user}, 'viewer', now(), now())",
        database=server.database,
    )
    return {"user_id": user, "invitation_id": invitation}


def make(server: Server, more_entries: int = 0) -> World:
    mark = canary()
    admin = server.rest()
    made = shop.create(admin, name=f"Toko {mark}", slug=f"s-{mark}")
    own = server.rest(made.secret)
    admin.post(f"{made.path}:suspend", {"reason": f"late {mark}"}).ok()
    admin.post(f"{made.path}:resume").ok()
    role = own.post(
        f"{made.path}/roles", {"role": f"r{mark}", "description": f"till {mark}", "permissions": ["tenant:read"]}
    ).ok()
    key = own.post(f"{made.path}/apiKeys", {"displayName": f"till {mark}", "scopes": ["tenant:read"]}).ok()
    members = fill_members(server, made, mark)
    park = (
        f"update outbox.messages set parked_at = now(), last_error = 'error {mark}', payload = '{{\"x\":\"{mark}\"}}' "
        f"where tenant_id = {made.id}"
    )
    server.stack.psql(park, database=server.database)
    (message,) = server.rows(f"select min(id)::text as id from outbox.messages where tenant_id = {made.id}")
    (head,) = server.rows(f"select encode(hash, 'hex') as h from audit.events where tenant_id = {made.id} limit 1")
    tenant = own.get(made.path).ok()
    values = {
        "tenant_id": made.id,
        "domain_id": made.domain["domainId"],
        "api_key_id": made.api_key["apiKeyId"],
        "narrow_id": key["apiKey"]["apiKeyId"],
        "message_id": message["id"],
        "role": role["role"],
        "subject": f"api_key:{key['apiKey']['apiKeyId']}",
        "resource": f"tenants/{made.id}",
        "hash": head["h"],
        "etag": tenant["etag"],
        "code": tenant["code"],
        "slug": f"s-{mark}",
        "task_id": f"{mark}",
        "queue": f"q-{mark}",
        "canary": mark,
        **fill_ledger(server, made, mark, more_entries),
        **fill_rules(server, made, mark),
        **members,
    }
    return World(made, mark, made.secret, values)


def nobodys(world: World) -> dict:
    """Values of the same form and length as those of `world` that nothing has."""
    mark = canary()

    def other(digits: str) -> str:
        return str(int(digits) - 1)

    same = {name: other(world.values[name]) for name in ("tenant_id", *IDS)}
    return {
        **same,
        "role": f"r{mark}",
        "subject": f"api_key:{other(world.values['narrow_id'])}",
        "resource": f"tenants/{same['tenant_id']}",
        "hash": canary() + canary(),
        "etag": world.values["etag"][:-1] + ("0" if world.values["etag"][-1] != "0" else "1"),
        "code": "T9999"[: len(world.values["code"])],
        "slug": f"s-{mark}",
        "task_id": mark,
        "queue": f"q-{mark}",
        "canary": mark,
        "member": f"m-{mark}",
        "reference": f"ref-{mark}",
        "unit": f"U{mark[:15].upper()}",
        "last_number": str(int(world.values["last_number"]) + 1),
        "trigger": f"T{mark[:20].upper()}",
    }


def page_token(server: Server, world: World, method: contracts.Method, template: dict) -> str:
    """A token that the list gave to `world`; empty when its list has one page only."""
    request = world.request(method, template)
    request.page_size = 1
    with server.grpc(world.key) as grpc:
        answer = grpc.send(method.name, request)
    return answer.message.next_page_token if answer.code == "OK" else ""


def callers(server: Server, mine: World) -> dict[str, Caller]:
    """Every kind of principal of the tenant `mine`, and those who are nobody."""
    own = server.rest(mine.key)

    def issue(scopes: list[str], **fields) -> dict:
        return own.post(f"{mine.made.path}/apiKeys", {"displayName": "x", "scopes": scopes, **fields}).ok()

    revoked = issue(["*"])
    own.post(f"{mine.made.path}/apiKeys/{revoked['apiKey']['apiKeyId']}:revoke").ok()
    expired = issue(["*"], expireTime="2999-01-01T00:00:00Z")
    server.stack.psql(
        f"update identity.api_keys set expires_at = now() where api_key_id = {expired['apiKey']['apiKeyId']}",
        database=server.database,
    )
    keys = {
        "a key with every scope": mine.key,
        "a key with one scope": issue(["tenant:read"])["secret"],
        "a revoked key": revoked["secret"],
        "an expired key": expired["secret"],
        "a wrong secret": mine.key[:-8] + "AAAAAAAA",
        "no key at all": "nonsense",
        "nobody": "",
    }
    return {name: Caller(server, key) for name, key in keys.items()}


def users(server: Server, mine: World, addresses: list[str]) -> dict[str, Caller]:
    """Everybody of USERS, signed in."""
    callers = {}
    for (name, (role, _)), address in zip(USERS.items(), addresses):
        (user,) = server.rows(f"select user_id::text as id from identity.users where email = '{address}'")
        if role:
            member = f"insert into identity.members values ({mine.made.id}, {user['id']}, '{role}', now(), now())"
            server.stack.psql(member, database=server.database)
        browser = people.signed_in(server, address)
        session = {"cookie": browser.cookie, "x_csrf_token": browser.csrf_token, "x_tenant_id": mine.made.id}
        callers[name] = Caller(server, "", **session)
        if "removed" in name:
            wait.until(lambda: browser.get(mine.made.path, X_Tenant_Id=mine.made.id).status == 200, "he is a member")
            server.rest(mine.key).post(f"{mine.made.path}/users/{user['id']}:remove").ok()
    return callers
