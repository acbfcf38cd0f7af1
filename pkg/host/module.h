// Wiring of the rooms that every program of the house stands on.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/config/config.h"
#include "pkg/db/migrate.h"
#include "pkg/fx/module.h"
#include "pkg/host/flags.h"

namespace smallbiznis::host {

// What this start put into an empty database, made by a module of the program.
struct Seeded {
  std::string platform_key;  // the administrator's key; empty when there was one already
};

// What a program brings to host::Main.
struct Program {
  db::Migrations migrations;         // the schema it needs
  std::vector<fx::Module> services;  // constructors and handlers, in any order
  // Whether it works on the platform's task queues, which all topics share: only for who has a handler for each.
  bool works_on_tasks = true;
};

// The connection that the settings name.
db::PoolOptions DatabaseOptions(const config::Config& config);

// The patience with a database that is still starting that the settings name; `progress` gets a line now and then.
db::Pool::OpenWait DatabaseWait(const config::Config& config, std::function<void(std::string_view)> progress);

// Provides: config::Config, Flags, clock::Clock, log::Logger, telemetry::Metrics, telemetry::Tracer, crypto::Keyring,
// db::PoolOptions, db::Pool (open, its schema checked), snowflake::Generator, idempotency::Idempotency, audit::Audit,
// outbox::Outbox, rpc::Pipeline, rpc::Router, rpc::Workers. The pipeline needs an rpc::Authenticator, an
// rpc::Authorizer and an rpc::TenantGate from the services.
std::vector<fx::Module> PlatformModules(const config::Config& config, const Flags& flags, const Program& program);

// Provides: redis::Options, redis::Client, task::Client, task::Mux (services register their handlers in it),
// outbox::Delivery, outbox::Relay. Started with the program, if it works on tasks: the outbox's relay and the workers.
fx::Module QueueModule(bool works_on_tasks);

// The protocol servers, to come after the services: started last, drained first; then readiness is announced.
std::vector<fx::Module> ServingModules();

}  // namespace smallbiznis::host
