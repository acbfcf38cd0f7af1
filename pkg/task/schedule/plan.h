// Which ticks of a scheduler's entries are to be enqueued.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pkg/task/schedule/entry.h"
#include "pkg/task/schedule/ticks.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

// What becomes of ticks at which nobody could enqueue.
struct CatchUp {
  absl::Duration window = absl::Minutes(5);  // older ones are left out
  bool all = false;                          // of several of an entry only the latest is made good
};

// An entry's mark is its last tick that was seen to, or, before there is one, when the entry was registered: it owes
// nothing that is older. Pure. Not thread-safe.
class Plan {
 public:
  explicit Plan(CatchUp catch_up) : catch_up_(catch_up) {}

  // False when it is there already.
  bool Add(std::string id, Entry entry, Ticks ticks, absl::Time now);
  bool Remove(std::string_view id);

  struct DueTick {
    std::string id;
    absl::Time at;
    Entry entry;
  };
  // Of each entry in order.
  std::vector<DueTick> Due(absl::Time now) const;
  // The first one of any entry after `now`.
  std::optional<absl::Time> NextAfter(absl::Time now) const;
  void SeenTo(std::string_view id, absl::Time tick);

  using Marks = std::map<std::string, absl::Time, std::less<>>;
  // What is kept outside of this process. An entry's later mark counts; one of before it was registered here does, too.
  void Learn(const Marks& kept);
  // Marks that are not kept yet, and that they are now.
  Marks NotKept() const;
  void Kept(const Marks& marks);

  bool Has(std::string_view id) const { return entries_.contains(id); }
  std::vector<SchedulerEntry> Show(absl::Time now) const;

 private:
  struct Item {
    Entry entry;
    Ticks ticks;
    absl::Time registered_at;
    std::optional<absl::Time> seen_to;  // the mark when it is not registered_at
    std::optional<absl::Time> kept;

    absl::Time mark() const { return seen_to.value_or(registered_at); }
  };

  const CatchUp catch_up_;
  std::map<std::string, Item, std::less<>> entries_;
};

}  // namespace smallbiznis::task
