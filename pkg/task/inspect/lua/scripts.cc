#include "pkg/task/inspect/lua/scripts.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace smallbiznis::task {
namespace lua {

// Of *.lua here, compiled in by embed().
std::string_view queue_stats();
std::string_view memory_usage();
std::string_view list_tasks();
std::string_view get_task();
std::string_view changing();
std::string_view change_task();
std::string_view change_tasks();
std::string_view update_payload();
std::string_view remove_keys();

}  // namespace lua

const InspectScripts& InspectScripts::Get() {
  static const InspectScripts kScripts = {
      .queue_stats = redis::Script(std::string(lua::queue_stats())),
      .memory_usage = redis::Script(std::string(lua::memory_usage())),
      .list_tasks = redis::Script(std::string(lua::list_tasks())),
      .get_task = redis::Script(std::string(lua::get_task())),
      .change_task = redis::Script(fmt::format("{}\n{}", lua::changing(), lua::change_task())),
      .change_tasks = redis::Script(fmt::format("{}\n{}", lua::changing(), lua::change_tasks())),
      .update_payload = redis::Script(std::string(lua::update_payload())),
      .remove_keys = redis::Script(std::string(lua::remove_keys())),
  };
  return kScripts;
}

}  // namespace smallbiznis::task
