#include "pkg/task/broker/scripts.h"

#include <string>
#include <string_view>

namespace smallbiznis::task {
namespace lua {

// Of lua/*.lua, compiled in by embed().
std::string_view add();
std::string_view enqueue();
std::string_view enqueue_pending();
std::string_view exchange();
std::string_view extend_leases();
std::string_view recover();
std::string_view expired_leases();
std::string_view forward();
std::string_view delete_due();
std::string_view write_result();
std::string_view publish_server();
std::string_view aggregation_check();
std::string_view read_aggregation_set();
std::string_view delete_aggregation_set();
std::string_view reclaim_sets();

}  // namespace lua

namespace {

redis::Script ThatAdds(std::string_view text) {
  return redis::Script(std::string(lua::add()) + std::string(text));
}

}  // namespace

const Scripts& Scripts::Get() {
  static const Scripts kScripts = {
      .enqueue = ThatAdds(lua::enqueue()),
      .enqueue_pending = redis::Script(std::string(lua::enqueue_pending())),
      .exchange = redis::Script(std::string(lua::exchange())),
      .extend_leases = redis::Script(std::string(lua::extend_leases())),
      .recover = redis::Script(std::string(lua::recover())),
      .expired_leases = redis::Script(std::string(lua::expired_leases())),
      .forward = redis::Script(std::string(lua::forward())),
      .delete_due = redis::Script(std::string(lua::delete_due())),
      .write_result = redis::Script(std::string(lua::write_result())),
      .publish_server = redis::Script(std::string(lua::publish_server())),
      .aggregation_check = redis::Script(std::string(lua::aggregation_check())),
      .read_aggregation_set = redis::Script(std::string(lua::read_aggregation_set())),
      .delete_aggregation_set = ThatAdds(lua::delete_aggregation_set()),
      .reclaim_sets = redis::Script(std::string(lua::reclaim_sets())),
  };
  return kScripts;
}

}  // namespace smallbiznis::task
