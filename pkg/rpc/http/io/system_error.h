// The system's words for an error number, as they stand in a message.
#pragma once

#include <string>

namespace smallbiznis::rpc::http {

// "address already in use"
std::string ErrorText(int error_number);

}  // namespace smallbiznis::rpc::http
