// A message, and who delivers it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace smallbiznis::mail {

struct Mailbox {
  std::string name;     // what people see; may be empty; UTF-8
  std::string address;  // normalised, see address.h
};

struct Message {
  // Unique and [A-Za-z0-9._-]{1,100}; becomes the Message-ID. The same id for a message that is sent again, so that a
  // mail client can see that it is the same one.
  std::string id;
  Mailbox from;
  Mailbox to;
  std::string subject;  // UTF-8, one line
  std::string text;     // UTF-8; lines end with \n
};

// Thread-safe.
class Mailer {
 public:
  virtual ~Mailer() = default;

  // Returns when a server has taken charge of the message; holds the thread until then, at the latest until `deadline`.
  // INVALID_ARGUMENT for a message that cannot be composed; FAILED_PRECONDITION, reason MAIL_REFUSED, when the server
  // will never take it; UNAVAILABLE or DEADLINE_EXCEEDED, reason MAIL_UNAVAILABLE, when another try may help. After
  // these two it is not known whether the message was taken.
  virtual absl::Status Send(const Message& message, absl::Time deadline) = 0;
};

}  // namespace smallbiznis::mail
