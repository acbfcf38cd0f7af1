"""Tenants to test with."""

import dataclasses
import secrets

from harness.clients import Rest


def unique(prefix: str = "toko") -> str:
    """A slug that no other test uses."""
    return f"{prefix}-{secrets.token_hex(5)}"


def draft(**fields) -> dict:
    """A CreateTenant request that is accepted."""
    slug = unique()
    return {
        "name": f"Toko {slug}",
        "slug": slug,
        "type": "COMPANY",
        "countryCode": "ID",
        "timezone": "Asia/Jakarta",
        **fields,
    }


@dataclasses.dataclass(frozen=True)
class Shop:
    tenant: dict
    domain: dict
    api_key: dict
    secret: str

    @property
    def id(self) -> str:
        return self.tenant["tenantId"]

    @property
    def path(self) -> str:
        return f"/v1/tenants/{self.id}"


def create(rest: Rest, **fields) -> Shop:
    answer = rest.post("/v1/tenants", draft(**fields)).ok()
    return Shop(answer["tenant"], answer["domain"], answer["apiKey"], answer["apiKeySecret"])
