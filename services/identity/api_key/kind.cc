#include "services/identity/api_key/kind.h"

#include <cstdlib>

namespace smallbiznis::identity {

std::string_view Name(KeyKind kind) {
  switch (kind) {
    case KeyKind::kServer:
      return "SERVER";
    case KeyKind::kPublishable:
      return "PUBLISHABLE";
    case KeyKind::kWebhook:
      return "WEBHOOK";
  }
  std::abort();
}

KeyKind KindOf(std::string_view name) {
  for (const KeyKind kind : kKeyKinds) {
    if (Name(kind) == name) return kind;
  }
  std::abort();  // the table has a constraint
}

std::string_view TextPrefix(KeyKind kind) {
  switch (kind) {
    case KeyKind::kServer:
      return "sbsk_live_";
    case KeyKind::kPublishable:
      return "sbpk_live_";
    case KeyKind::kWebhook:
      return "sbwh_live_";
  }
  std::abort();
}

std::string_view Name(Channel channel) {
  switch (channel) {
    case Channel::kApi:
      return "API";
    case Channel::kPos:
      return "POS";
    case Channel::kOnline:
      return "ONLINE";
    case Channel::kPartner:
      return "PARTNER";
  }
  std::abort();
}

Channel ChannelOf(std::string_view name) {
  for (const Channel channel : {Channel::kApi, Channel::kPos, Channel::kOnline, Channel::kPartner}) {
    if (Name(channel) == name) return channel;
  }
  std::abort();
}

}  // namespace smallbiznis::identity
