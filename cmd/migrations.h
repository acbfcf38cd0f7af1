// The schema of the platform: every room's migrations, in the order in which they are applied.
#pragma once

#include <iterator>

#include "pkg/audit/migrations.h"
#include "pkg/db/migrate.h"
#include "pkg/db/migrations.h"
#include "pkg/idempotency/migrations.h"
#include "pkg/outbox/migrations.h"
#include "pkg/snowflake/lease/migrations.h"
#include "services/access/migrations.h"
#include "services/domain/migrations.h"
#include "services/identity/api_key/migrations.h"
#include "services/identity/member/migrations.h"
#include "services/identity/migrations.h"
#include "services/identity/session/migrations.h"
#include "services/identity/user/migrations.h"
#include "services/ledger/post/migrations.h"
#include "services/rule/migrations.h"
#include "services/tenant/migrations.h"

namespace smallbiznis {

inline db::Migrations AllMigrations() {
  db::Migrations all;
  const auto add = [&all](const auto& migrations) {
    all.insert(all.end(), std::begin(migrations), std::end(migrations));
  };
  add(db::kMigrations);  // schema app: what every tenant table goes by
  add(snowflake_lease::kMigrations);
  add(idempotency::kMigrations);
  add(audit::kMigrations);
  add(outbox::kMigrations);
  add(identity::kMigrations);
  add(identity_api_key::kMigrations);
  add(identity_session::kMigrations);
  add(identity_user::kMigrations);
  add(identity_member::kMigrations);
  add(access::kMigrations);
  add(domain::kMigrations);
  add(tenant::kMigrations);
  add(ledger_post::kMigrations);
  add(rule::kMigrations);
  return all;
}

}  // namespace smallbiznis
