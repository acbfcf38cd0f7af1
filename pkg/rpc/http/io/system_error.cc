#include "pkg/rpc/http/io/system_error.h"

#include <system_error>

#include "absl/strings/ascii.h"

namespace smallbiznis::rpc::http {

std::string ErrorText(int error_number) {
  std::string text = std::generic_category().message(error_number);
  if (!text.empty()) text[0] = absl::ascii_tolower(static_cast<unsigned char>(text[0]));
  return text;
}

}  // namespace smallbiznis::rpc::http
