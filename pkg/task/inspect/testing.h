// What the integration tests of this room share: tasks put into any state, as a Go program would, and a look at what
// must hold of a queue at every step.
#pragma once

#include <fmt/format.h>

#include "pkg/status/status.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {

class InspectTest : public QueueTest {
 protected:
  static constexpr std::string_view kGroup = "g1";

  InspectTest() { Ask({"SADD", std::string(kQueuesKey), queue_}); }

  // A task of the state, whose lock is held when it is unique. As asynq, a grouped one does not name its lock in its
  // hash.
  void Put(State state, const std::string& id, bool unique = false) {
    Message message;
    message.type = "t";
    message.payload = "payload of " + id;
    message.id = id;
    message.queue = queue_;
    message.max_retry = 25;
    if (state == State::kAggregating) message.group = kGroup;
    const std::string task = TaskKey(queue_, id);
    if (unique) {
      message.unique_key = LockOf(id);
      Ask({"SET", message.unique_key, id, "EX", "600"});
      if (state != State::kAggregating) Ask({"HSET", task, "unique_key", message.unique_key});
    }
    Ask({"HSET", task, "msg", Encode(message), "state", std::string(Name(state))});
    const std::string now = std::to_string(absl::ToUnixSeconds(clock_.Now()));
    switch (state) {
      case State::kActive:
        Ask({"LPUSH", StateKey(queue_, state), id});
        Ask({"ZADD", LeaseKey(queue_), std::to_string(absl::ToUnixSeconds(clock_.Now()) + 30), id});
        break;
      case State::kPending:
        Ask({"HSET", task, "pending_since", std::to_string(absl::ToUnixNanos(clock_.Now()))});
        Ask({"LPUSH", StateKey(queue_, state), id});
        break;
      case State::kAggregating:
        Ask({"HSET", task, "group", message.group});
        Ask({"ZADD", GroupKey(queue_, kGroup), now, id});
        Ask({"SADD", GroupsKey(queue_), message.group});
        break;
      case State::kScheduled:
      case State::kRetry:
      case State::kArchived:
      case State::kCompleted:
        Ask({"ZADD", StateKey(queue_, state), now, id});
        break;
    }
  }
  std::string LockOf(const std::string& id) const { return UniqueKey(queue_, "t", "payload of " + id); }

  // `count` tasks of the state, fast; ids are "0", "1", ...; scores grow from 1000.
  void PutMany(State state, int count) {
    std::vector<redis::Command> commands;
    for (int i = 0; i < count; ++i) {
      Message message;
      message.type = "t";
      message.id = std::to_string(i);
      message.queue = queue_;
      commands.push_back(redis::Command("HSET")
                             .Key(TaskKey(queue_, message.id))
                             .Arg("msg")
                             .Arg(Encode(message))
                             .Arg("state")
                             .Arg(Name(state)));
      if (state == State::kPending) {
        commands.push_back(redis::Command("LPUSH").Key(StateKey(queue_, state)).Arg(message.id));
      } else {
        commands.push_back(redis::Command("ZADD").Key(StateKey(queue_, state)).Arg(1000 + i).Arg(message.id));
      }
    }
    for (const auto& reply : redis_.Pipeline(commands)) ASSERT_TRUE(reply.ok()) << reply.status();
  }

  std::vector<std::string> Elements(const std::vector<std::string>& words) {
    std::vector<std::string> elements;
    const redis::Reply reply = Ask(words);
    const std::span<const redis::Reply> array = *reply.AsArray();
    for (const redis::Reply& element : array) elements.emplace_back(*element.AsText());
    return elements;
  }
  std::vector<std::string> IdsIn(State state) {
    if (state == State::kAggregating) return Elements({"ZRANGE", GroupKey(queue_, kGroup), "0", "-1"});
    const bool list = state == State::kPending || state == State::kActive;
    return Elements({list ? "LRANGE" : "ZRANGE", StateKey(queue_, state), "0", "-1"});
  }

  // What is wrong with the queue for a Go program: an id in two lists or without a task, a task in no list or of
  // another state. Empty when nothing is.
  std::string Problem() {
    std::map<std::string, State> places;
    for (const State state : kStates) {
      for (const std::string& id : IdsIn(state)) {
        if (!places.emplace(id, state).second) return fmt::format("{} is in two lists", id);
      }
    }
    std::set<std::string> tasks;
    const std::string prefix = TaskKey(queue_, "");
    for (const std::string& key : FullQueueKeys()) {
      if (key.starts_with(prefix)) tasks.insert(key.substr(prefix.size()));
    }
    for (const auto& [id, state] : places) {
      if (tasks.erase(id) == 0) return fmt::format("{} has no task", id);
      if (StateOf(id) != Name(state)) return fmt::format("{} is {} and in {}", id, StateOf(id), Name(state));
    }
    return tasks.empty() ? "" : fmt::format("{} is in no list", *tasks.begin());
  }

  Selection All(State state) const { return {.queue = queue_, .state = state, .group = ""}; }

  Inspector inspector_{redis_, clock_};
};

}  // namespace smallbiznis::task
