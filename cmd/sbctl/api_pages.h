// Lists of the platform come in pages; people and programs want them whole.
#pragma once

#include <algorithm>
#include <string_view>

#include "absl/status/statusor.h"
#include "cmd/sbctl/session.h"
#include "google/protobuf/message.h"
#include "pkg/status/status.h"

namespace smallbiznis::sbctl {

// All pages of `method` ("smallbiznis.queue.v1.QueueService/ListQueues") as one answer, up to `limit` items in its list
// field `items`. Its next_page_token is set when there are more, which is said on session.err.
template <class Request, class Response>
absl::StatusOr<Response> CollectPages(Session& session, std::string_view method, Request request, const char* items,
                                      int limit) {
  constexpr int kMaxPage = 1000;
  Response all;
  const google::protobuf::FieldDescriptor* const field = Response::descriptor()->FindFieldByName(items);
  for (int left = limit; left > 0; left = limit - all.GetReflection()->FieldSize(all, field)) {
    request.set_page_size(std::min(left, kMaxPage));
    Response page;
    RETURN_IF_ERROR(session.api.Call(method, request, page));
    all.MergeFrom(page);
    request.set_page_token(page.next_page_token());
    all.set_next_page_token(page.next_page_token());
    if (page.next_page_token().empty()) break;
  }
  if (!all.next_page_token().empty()) session.err << "sbctl: there are more (--limit)\n";
  return all;
}

}  // namespace smallbiznis::sbctl
