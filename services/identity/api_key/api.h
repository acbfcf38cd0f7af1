// ApiKeyService: between messages and the domain.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/identity/api_key/api_keys.h"
#include "services/tenant/client.h"
#include "smallbiznis/identity/v1/api_key.pb.h"

namespace smallbiznis::identity {

// Thread-safe.
class ApiKeyApi {
 public:
  // The arguments must outlive this.
  ApiKeyApi(const ApiKeys& keys, const tenant::Directory& tenants, const crypto::Keyring& keyring)
      : keys_(keys), tenants_(tenants), tokens_(keyring) {}

  absl::Status CreateApiKey(rpc::Call& call, const v1::CreateApiKeyRequest& request,
                            v1::CreateApiKeyResponse& response);
  absl::Status ListApiKeys(rpc::Call& call, const v1::ListApiKeysRequest& request, v1::ListApiKeysResponse& response);
  absl::Status RevokeApiKey(rpc::Call& call, const v1::RevokeApiKeyRequest& request, v1::ApiKey& response);

 private:
  const ApiKeys& keys_;
  const tenant::Directory& tenants_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::identity
