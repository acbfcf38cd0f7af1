// A named SQL statement. All of them come from a room's queries.sql by way of tools/sqlgen (queries.h).
#pragma once

namespace smallbiznis::db {

struct Statement {
  const char* name;  // "tenant.insert_tenant": unique in the program, the name under which it is prepared
  const char* sql;
  int params;
};

}  // namespace smallbiznis::db
