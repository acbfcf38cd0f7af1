// ApiKeyService: between messages and the domain.
#pragma once

#include <functional>

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "pkg/rpc/router.h"
#include "services/identity/api_key/api_keys.h"
#include "services/tenant/client.h"
#include "smallbiznis/identity/v1/api_key.pb.h"

namespace smallbiznis::identity {

// What the RPCs of `router` ask for.
KnownScopes ScopesOf(const rpc::Router& router);

// Thread-safe.
class ApiKeyApi {
 public:
  // What these point to must outlive the API.
  struct Parts {
    const ApiKeys& keys;
    const tenant::Directory& tenants;
    rpc::Authorizer& authorizer;
    const crypto::Keyring& keyring;
    std::function<KnownScopes()> known_scopes;  // asked for when a key is made
  };
  explicit ApiKeyApi(const Parts& parts)
      : keys_(parts.keys),
        tenants_(parts.tenants),
        authorizer_(parts.authorizer),
        known_scopes_(parts.known_scopes),
        tokens_(parts.keyring) {}

  absl::Status CreateApiKey(rpc::Call& call, const v1::CreateApiKeyRequest& request,
                            v1::CreateApiKeyResponse& response);
  absl::Status ListApiKeys(rpc::Call& call, const v1::ListApiKeysRequest& request, v1::ListApiKeysResponse& response);
  absl::Status RotateApiKey(rpc::Call& call, const v1::RotateApiKeyRequest& request,
                            v1::RotateApiKeyResponse& response);
  absl::Status RevokeApiKey(rpc::Call& call, const v1::RevokeApiKeyRequest& request, v1::ApiKey& response);

 private:
  const ApiKeys& keys_;
  const tenant::Directory& tenants_;
  rpc::Authorizer& authorizer_;
  const std::function<KnownScopes()> known_scopes_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::identity
