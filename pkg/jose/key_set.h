// Public keys of somebody who signs tokens (JWKS, RFC 7517), and tokens that they signed (compact JWS, RFC 7515).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

struct _cjose_jwk_int;  // of libcjose

namespace smallbiznis::jose {

enum class Algorithm {
  kRs256,  // RSASSA-PKCS1-v1_5 with SHA-256
  kPs256,  // RSASSA-PSS with SHA-256
  kEs256,  // ECDSA on P-256 with SHA-256
};

std::string_view Name(Algorithm algorithm);  // "RS256"

inline constexpr size_t kMaxTokenBytes = 16 * 1024;
inline constexpr size_t kMaxKeys = 100;

struct Verified {
  std::string payload;  // bytes, whatever they are
  std::string type;     // the header's `typ`; may be empty
};

// Immutable; thread-safe.
class KeySet {
 public:
  // Keys that are of no use here are left out: other types and curves, weak ones, private or symmetric ones, ones for
  // encryption. INVALID_ARGUMENT, reason KEY_SET_MALFORMED, for a text that is no JWKS, or one of more than kMaxKeys.
  static absl::StatusOr<KeySet> Parse(std::string_view json);

  // What one of these keys signed by one of `allowed`. UNAUTHENTICATED with one of these reasons, looked for in this
  // order:
  //   TOKEN_TOO_LONG       more than kMaxTokenBytes
  //   TOKEN_MALFORMED      not three parts of base64url, or a header that is no object or has two members of one name
  //   ALGORITHM_REFUSED    an `alg` that is not allowed, `none` and those of HMAC among them
  //   HEADER_REFUSED       `crit`: there is no extension that we understand
  //   KEY_UNKNOWN          no key of the `kid`; the set may be older than the key
  //   KEY_AMBIGUOUS        no `kid`, and more than one key that would do; or two keys of the `kid`
  //   KEY_UNSUITABLE       the key is not one for the algorithm
  //   SIGNATURE_INVALID
  absl::StatusOr<Verified> Verify(std::string_view token, const std::vector<Algorithm>& allowed) const;

  size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::string id;                     // may be empty
    std::vector<Algorithm> algorithms;  // by type, curve and `alg`
    std::shared_ptr<const _cjose_jwk_int> key;
    size_t signature_bytes = 0;
  };
  friend struct KeyReader;

  absl::StatusOr<const Key*> Choose(const std::string* id, Algorithm algorithm) const;

  std::vector<Key> keys_;
};

}  // namespace smallbiznis::jose
