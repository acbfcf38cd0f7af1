#include "pkg/redis/internal/topology.h"

#include <utility>

#include "pkg/redis/internal/cluster.h"
#include "pkg/redis/internal/direct.h"

namespace smallbiznis::redis {

std::shared_ptr<Topology> MakeTopology(Options options) {
  if (options.kind == Options::Kind::kCluster) return std::make_shared<Cluster>(std::move(options));
  return std::make_shared<Direct>(std::move(options));
}

}  // namespace smallbiznis::redis
