#include "services/queue/api_outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"

namespace smallbiznis::queue {
namespace {

using MessageId = snowflake::Id<struct OutboxMessageTag>;

constexpr std::string_view kListParkedMessages = "smallbiznis.queue.v1.OutboxService.ListParkedMessages";

void ToProto(const outbox::Parked& parked, v1::ParkedMessage& out) {
  out.set_tenant_id(parked.tenant.ToString());
  out.set_message_id(MessageId(parked.id).ToString());
  out.set_topic(parked.topic);
  out.set_key(parked.key);
  out.set_queue(parked.queue);
  out.set_payload(parked.payload);
  rpc::SetTime(parked.at, out.mutable_park_time());
  out.set_error(parked.error);
}

}  // namespace

absl::Status OutboxApi::ListParkedMessages(rpc::Call& call, const v1::ListParkedMessagesRequest& request,
                                           v1::ListParkedMessagesResponse& response) {
  const crypto::PageContext context{kListParkedMessages, ""};
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  MessageId after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    ASSIGN_OR_RETURN(after, rpc::ParseId<MessageId>("page_token", cursor));
  }
  ASSIGN_OR_RETURN(const std::vector<outbox::Parked> parked, store_.ListParked(call.tx(), after.value(), size + 1));
  const size_t count = std::min(parked.size(), static_cast<size_t>(size));
  for (size_t i = 0; i < count; ++i) ToProto(parked[i], *response.add_messages());
  if (parked.size() > count) {
    response.set_next_page_token(tokens_.Make(context, MessageId(parked[count - 1].id).ToString()));
  }
  return absl::OkStatus();
}

absl::Status OutboxApi::RunParkedMessage(rpc::Call& call, const v1::RunParkedMessageRequest& request,
                                         v1::ParkedMessage& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const MessageId id, rpc::ParseId<MessageId>("message_id", request.message_id()));
  ASSIGN_OR_RETURN(const outbox::Parked parked, store_.RunAgain(call.tx(), tenant, id.value()));
  ToProto(parked, response);
  call.RecordChange({.resource = fmt::format("outboxMessages/{}", id.value()),
                     .tenant = tenant,
                     .before = rpc::StableBytes(response),
                     .after = "due"});
  return absl::OkStatus();
}

}  // namespace smallbiznis::queue
