// Caches that answer only while they hear what ends elsewhere.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "pkg/db/listener.h"
#include "pkg/fx/lifecycle.h"

namespace smallbiznis::identity {

// `cache`, for which `listen` is called with it when the program starts. What that gives is destroyed when the program
// stops, and the cache told (OnLost) that it hears nothing any more.
template <class Cache, class Listen>
std::unique_ptr<Cache> Listening(std::string what, std::unique_ptr<Cache> cache, Listen listen,
                                 fx::Lifecycle& lifecycle) {
  auto listener = std::make_shared<std::unique_ptr<db::Listener>>();
  lifecycle.Append({.name = std::move(what),
                    .on_start =
                        [listener, listen = std::move(listen), &made = *cache] {
                          *listener = listen(made);
                          return absl::OkStatus();
                        },
                    .on_stop =
                        [listener, &made = *cache] {
                          listener->reset();
                          made.OnLost();
                          return absl::OkStatus();
                        }});
  return cache;
}

}  // namespace smallbiznis::identity
