// Slugs: the first label of a tenant's default domain, 3 to 40 of [a-z0-9-].
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"

namespace smallbiznis::tenant {

inline constexpr size_t kMinSlug = 3;
inline constexpr size_t kMaxSlug = 40;

// Names that the platform needs itself, or that would pass for it: see reserved_slugs.h.
bool IsReservedSlug(std::string_view slug);

// What is wrong with a slug that somebody asked for, for people; nothing when it is well. Hyphens stand alone and
// inside, which also leaves no room for punycode (xn--).
std::optional<std::string> SlugProblem(std::string_view slug);

// `base` with `suffix` behind it, cut so that both fit.
std::string WithSuffix(std::string_view base, std::string_view suffix);

// Makes slugs from names of any script by ICU's transliteration. Thread-safe; one name at a time.
class SlugMaker {
 public:
  // INTERNAL when ICU lacks its rules: the installation is broken.
  static absl::StatusOr<std::unique_ptr<SlugMaker>> Create();
  ~SlugMaker();

  // "Café Ünïcode" -> "cafe-unicode". Nothing when the name leaves nothing fit (emoji), too little, or a reserved slug.
  std::optional<std::string> FromName(std::string_view name);

 private:
  class Rules;
  explicit SlugMaker(std::unique_ptr<Rules> rules);
  std::mutex mutex_;
  const std::unique_ptr<Rules> rules_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::tenant
