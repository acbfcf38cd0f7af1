"""Members of tenants: invited, taken in, given roles, refused and removed, over REST with cookies and over gRPC."""

import concurrent.futures

import pytest
from harness import people, shop, wait
from harness.server import WORKING

CHEAP = {"PASSWORD_MEMORY_KIB": "8", "PASSWORD_PASSES": "1"}


@pytest.fixture(scope="module")
def server(start, mail):
    return start(**WORKING, **mail.settings, **CHEAP)


@pytest.fixture(scope="module")
def second(server, start, mail):
    """Another process on the same database."""
    return start(database=server.database, **mail.settings, **CHEAP)


@pytest.fixture
def made(server):
    return shop.create(server.rest())


class Person:
    """A signed-in user, and what he is in `made`."""

    def __init__(self, server, mail, made):
        self.server, self.mail, self.made = server, mail, made
        self.address = people.sign_up(server, mail)
        self.browser = people.signed_in(server, self.address)
        self.id = self.browser.get("/v1/me").ok()["user"]["userId"]

    def invited_by(self, inviter, role: str, count: int = 2) -> str:
        """The token of the invitation that he gets; his first mail was about his account."""
        body = {"email": self.address.upper(), "role": role}
        inviter.post(f"{self.made.path}/invitations", body).ok()
        return self.mail.token(self.address, count)

    def accept(self, token: str):
        return self.browser.post("/v1/me/invitations:accept", {"token": token})

    def get(self, path: str = "", **headers):
        return self.browser.get(self.made.path + path, X_Tenant_Id=self.made.id, **headers)

    def post(self, path: str, body=None, **headers):
        path = path if path.startswith("/v1") else self.made.path + path
        return self.browser.post(path, body, X_Tenant_Id=self.made.id, **headers)


@pytest.fixture
def join(server, mail, made):
    """Makes a member with this role, invited by the tenant's first key."""

    def join(role: str) -> Person:
        person = Person(server, mail, made)
        person.accept(person.invited_by(server.rest(made.secret), role)).ok()
        wait.until(lambda: person.get().reason != "NOT_A_MEMBER", "he is a member", 1)
        return person

    return join


def test_AMemberMayDoWhatHisRoleGives(server, made, join):
    viewer, owner = join("viewer"), join("owner")
    assert viewer.get().ok()["tenantId"] == made.id
    assert viewer.post("/roles", {"role": "x", "permissions": ["tenant:read"]}).reason == "PERMISSION_MISSING"
    assert viewer.browser.get(made.path).reason == "TENANT_ONLY", "he has to say for which tenant"
    assert viewer.browser.get(made.path, X_Tenant_Id="x").fields == ["X-Tenant-Id"]
    demo = server.seed["demo_tenant"]["tenant_id"]
    for foreign in (demo, "1"):
        assert viewer.browser.get(f"/v1/tenants/{foreign}", X_Tenant_Id=foreign).reason == "NOT_A_MEMBER"
        assert viewer.get().status == 200 and viewer.browser.get(
            f"/v1/tenants/{foreign}", X_Tenant_Id=made.id
        ).reason == "TENANT_NOT_FOUND"
    users = owner.get("/users").ok()["users"]
    assert {user["userId"]: user["role"] for user in users} == {viewer.id: "viewer", owner.id: "owner"}
    assert {user["email"] for user in users} == {viewer.address, owner.address}
    first = owner.get("/users?page_size=1").ok()
    assert first["users"] + owner.get(f"/users?page_token={first['nextPageToken']}").ok()["users"] == users
    why = owner.get(f"/access:explain?permission=tenant:update&subject=user:{viewer.id}").ok()
    assert not why["allowed"] and why["text"].startswith("denied")
    assert owner.get(f"/access:explain?permission=tenant:read&subject=user:{viewer.id}").ok()["allowed"]
    with server.grpc("") as client:
        says = {"cookie": viewer.browser.cookie, "x_tenant_id": made.id}
        assert client.call("TenantService.GetTenant", {"tenant_id": made.id}, **says).tenant_id == made.id
        assert client.send("MemberService.ListTenantUsers", {"tenant_id": made.id}, **says).reason == "PERMISSION_MISSING"


def test_ARoleThatTheTenantMadeGivesWhatItSays(server, made, join):
    own = server.rest(made.secret)
    own.post(f"{made.path}/roles", {"role": "lister", "permissions": ["member:read"]}).ok()
    lister = join("lister")
    assert lister.get("/users").status == 200 and lister.get().reason == "PERMISSION_MISSING"


def test_NobodyGivesMoreThanHeHas(server, mail, made, join):
    admin, owner = join("admin"), join("owner")
    address = people.new_address()
    invite = "/invitations"
    assert admin.post(invite, {"email": address, "role": "owner"}).reason == "PERMISSION_NOT_HELD"
    assert admin.post(f"/users/{admin.id}:updateRole", {"role": "owner"}).reason == "PERMISSION_NOT_HELD"
    assert admin.post(f"/users/{owner.id}:updateRole", {"role": "viewer"}).reason == "PERMISSION_NOT_HELD"
    assert admin.post(f"/users/{owner.id}:remove").reason == "PERMISSION_NOT_HELD"
    for role in ("platform_admin", "nothing", ""):
        assert owner.post(invite, {"email": address, "role": role}).fields == ["role"], role
    narrow = server.rest(made.secret).post(
        f"{made.path}/apiKeys", {"displayName": "x", "scopes": ["member:*", "tenant:read"]}
    )
    assert server.rest(narrow.ok()["secret"]).post(
        f"{made.path}{invite}", {"email": address, "role": "admin"}
    ).reason == "PERMISSION_NOT_HELD"
    # A key of a member holds no more than he does.
    key = {"displayName": "till", "scopes": ["domain:read", "ledger:*"]}
    assert admin.post("/apiKeys", key).status == 200
    for scope in ("*", "access:manage", "access:*"):
        assert admin.post("/apiKeys", {**key, "scopes": [scope]}).reason == "SCOPE_NOT_HELD", scope
    assert owner.post("/apiKeys", {**key, "scopes": ["*"]}).status == 200


def test_AnInvitationIsGoodOnceForItsAddress(server, mail, made, join):
    own, owner = server.rest(made.secret), join("owner")
    ann, bob = Person(server, mail, made), Person(server, mail, made)
    first = ann.invited_by(owner, "staff")
    assert bob.accept(first).reason == "INVITATION_FOR_ANOTHER"
    assert ann.accept(first[:-2] + "AA").reason == "INVITATION_INVALID"
    assert ann.accept("nonsense").reason == "INVITATION_INVALID"
    second = ann.invited_by(owner, "viewer", count=3)
    assert ann.accept(first).reason == "INVITATION_REVOKED", "inviting again takes it back"
    assert ann.accept(second).ok()["role"] == "viewer"
    assert ann.accept(second).reason == "INVITATION_USED"
    assert own.post(f"{made.path}/invitations", {"email": ann.address, "role": "viewer"}).reason == "MEMBER_EXISTS"
    made_for_bob = own.post(f"{made.path}/invitations", {"email": bob.address, "role": "viewer"}).ok()
    token = mail.token(bob.address, 2)
    path = f"{made.path}/invitations/{made_for_bob['invitationId']}:revoke"
    assert own.post(path).ok() == own.post(path).ok()
    assert bob.accept(token).reason == "INVITATION_REVOKED"
    token = bob.invited_by(own, "viewer", count=3)
    server.stack.psql(
        f"update identity.invitations set expires_at = now() where tenant_id = {made.id}", database=server.database
    )
    assert bob.accept(token).reason == "INVITATION_EXPIRED"
    for _ in range(3):
        own.post(f"{made.path}/invitations", {"email": bob.address, "role": "viewer"}).ok()
    assert own.post(f"{made.path}/invitations", {"email": bob.address, "role": "viewer"}).reason == "TOO_MANY_INVITATIONS"
    assert token not in server.dump(server.tables()) and token not in server.log()


def test_AnInvitationTellsNothingAboutAccounts(server, mail, made):
    own = server.rest(made.secret)
    known, unknown = people.sign_up(server, mail), people.new_address()
    answers = [own.post(f"{made.path}/invitations", {"email": each, "role": "viewer"}).ok() for each in (known, unknown)]
    unlike = {"invitationId", "email", "createTime", "expireTime"}
    one, other = ({name: value for name, value in each.items() if name not in unlike} for each in answers)
    assert one == other


def test_OfTwoAcceptancesAtOnceOneWins(server, mail, made):
    ann = Person(server, mail, made)
    token = ann.invited_by(server.rest(made.secret), "staff")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ann.accept(token), range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 7
    assert {answer.reason for answer in answers if answer.status != 200} == {"INVITATION_USED"}
    assert len(server.rest(made.secret).get(f"{made.path}/users").ok()["users"]) == 1


def test_TheLastOwnerStays(server, mail, made, join):
    owner = join("owner")
    for answer in (
        owner.post(f"/users/{owner.id}:updateRole", {"role": "admin"}),
        owner.post(f"/users/{owner.id}:remove"),
        owner.post(f"/v1/me/tenants/{made.id}:leave"),
        server.rest(made.secret).post(f"{made.path}/users/{owner.id}:remove"),
    ):
        assert (answer.status, answer.reason) == (400, "LAST_OWNER")
    other = join("owner")
    assert owner.post(f"/v1/me/tenants/{made.id}:leave").ok()["role"] == "owner"
    wait.until(lambda: owner.get().reason == "NOT_A_MEMBER", "he has left", 1)
    assert owner.post(f"/v1/me/tenants/{made.id}:leave").reason == "NOT_A_MEMBER"
    assert other.post(f"/users/{other.id}:remove").reason == "LAST_OWNER"
    viewer = join("viewer")
    assert viewer.post(f"/v1/me/tenants/{made.id}:leave").status == 200, "whatever his role"


def test_OfTwoOwnersWhoDemoteEachOtherOneStays(server, made, join):
    own = server.rest(made.secret)
    one, other = join("owner"), join("owner")
    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda pair: pair[0].post(f"/users/{pair[1].id}:updateRole", {"role": "viewer"}),
                    ((one, other), (other, one)),
                )
            )
        assert sorted(answer.status for answer in answers) == [200, 403], [answer.body for answer in answers]
        roles = {user["userId"]: user["role"] for user in own.get(f"{made.path}/users").ok()["users"]}
        assert sorted(roles.values()) == ["owner", "viewer"]
        (demoted,) = (person for person in (one, other) if roles[person.id] == "viewer")
        own.post(f"{made.path}/users/{demoted.id}:updateRole", {"role": "owner"}).ok()
        wait.until(lambda: demoted.get("/users").status == 200, "he is an owner again", 1)


def test_AMemberRemovedMidSessionIsRefusedEverywhereWithinASecond(server, second, mail, made, join):
    owner, admin = join("owner"), join("admin")
    guest = Person(server, mail, made)
    token = guest.invited_by(admin, "viewer")
    elsewhere = people.Browser(second.rest(""), admin.browser.cookie, admin.browser.csrf_token)

    def there():
        return elsewhere.get(f"{made.path}/users", X_Tenant_Id=made.id)

    assert there().status == admin.get("/users").status == 200
    owner.post(f"/users/{admin.id}:updateRole", {"role": "viewer"}).ok()
    wait.until(lambda: there().reason == admin.get("/users").reason == "PERMISSION_MISSING", "refused everywhere", 1)
    assert guest.accept(token).reason == "INVITATION_REVOKED", "what he asked for as an admin"
    owner.post(f"/users/{admin.id}:remove").ok()
    wait.until(lambda: there().reason == admin.get("/users").reason == "NOT_A_MEMBER", "refused everywhere", 1)
    assert admin.browser.get("/v1/me", X_Tenant_Id=made.id).status == 200, "for himself he still calls"


def test_SuspendedTenantsTakeNobodyIn(server, mail, made):
    ann = Person(server, mail, made)
    token = ann.invited_by(server.rest(made.secret), "staff")
    wait.until(lambda: server.rest().get(made.path).ok()["state"] == "ACTIVE", "it is ACTIVE", 10)
    server.rest().post(f"{made.path}:suspend").ok()
    assert ann.accept(token).reason == "TENANT_SUSPENDED"
    server.rest().post(f"{made.path}:resume").ok()
    first, again = (ann.browser.post("/v1/me/invitations:accept", {"token": token}, idempotency_key="k") for _ in range(2))
    assert first.ok() == again.ok() and again.headers["Idempotent-Replayed"] == "true"
    events = server.rows(f"select * from audit.events where tenant_id = {made.id} and principal = 'user:{ann.id}'")
    assert [event["method"].split("/")[-1] for event in events] == ["AcceptInvitation"]


def test_OpenInvitationsAreListedForWhoMayInvite(server, mail, made, join):
    own, path = server.rest(made.secret), f"{made.path}/invitations"

    def invite(role: str = "viewer") -> dict:
        return own.post(path, {"email": people.new_address(), "role": role}).ok()

    admin, staff, viewer = join("admin"), join("staff"), join("viewer")
    taken_back, expired, first, second, third = (invite() for _ in range(5))
    own.post(f"{path}/{taken_back['invitationId']}:revoke").ok()
    server.stack.psql(
        f"update identity.invitations set expires_at = now() where invitation_id = {expired['invitationId']}",
        database=server.database,
    )
    pending = sorted((first, second, third), key=lambda each: each["email"])
    answer = admin.get("/invitations")
    assert answer.ok() == {"invitations": pending, "nextPageToken": ""}, "neither used nor taken back nor expired"
    assert mail.token(first["email"]) not in answer.body.decode()
    page = admin.get("/invitations?page_size=2").ok()
    assert page["invitations"] == pending[:2]
    assert admin.get(f"/invitations?page_token={page['nextPageToken']}").ok()["invitations"] == pending[2:]
    other = shop.create(server.rest())
    foreign = server.rest(other.secret)
    assert foreign.get(f"{other.path}/invitations").ok()["invitations"] == []
    assert foreign.get(f"{other.path}/invitations?page_token={page['nextPageToken']}").fields == ["page_token"]
    assert foreign.get(path).reason == "TENANT_NOT_FOUND"
    assert staff.get("/invitations").reason == viewer.get("/invitations").reason == "PERMISSION_MISSING"
    with server.grpc(made.secret) as client:
        listed = client.call("MemberService.ListInvitations", {"tenant_id": made.id}).invitations
    assert [each.invitation_id for each in listed] == [each["invitationId"] for each in pending]
