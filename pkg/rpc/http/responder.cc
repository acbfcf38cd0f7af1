#include <utility>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/wire/answer.h"

namespace smallbiznis::rpc::http {

void Responder::Send(Response response) {
  // Moved out first: the answer may be the last to hold the connection.
  if (const std::shared_ptr<Sink> sink = std::move(sink_)) sink->Send(std::move(response));
}

Responder::~Responder() {
  if (sink_ != nullptr) Send(ErrorAnswer(500, "the server did not answer this request"));
}

}  // namespace smallbiznis::rpc::http
