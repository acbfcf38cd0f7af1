#include "services/ledger/module.h"

#include <fmt/format.h>

#include "pkg/audit/audit.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/rpc/router.h"
#include "services/ledger/api_post.h"
#include "services/ledger/api_proof.h"
#include "services/ledger/api_read.h"
#include "services/ledger/sweeper.h"

namespace smallbiznis::ledger {
namespace {

constexpr std::string_view kService = "smallbiznis.ledger.v1.LedgerService";
constexpr std::string_view kProofService = "smallbiznis.ledger.v1.LedgerProofService";

void RegisterPosting(rpc::Router& router, LedgerPostApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.AddPrompt(fmt::format("{}.{}", kService, method), &api, handler);
  };
  add("AddEntry", &LedgerPostApi::AddEntry);
  add("AddEntries", &LedgerPostApi::AddEntries);
  add("RevertEntry", &LedgerPostApi::RevertEntry);
  add("Transfer", &LedgerPostApi::Transfer);
  add("Hold", &LedgerPostApi::Hold);
  add("Capture", &LedgerPostApi::Capture);
  add("Void", &LedgerPostApi::Void);
  add("SetFloor", &LedgerPostApi::SetFloor);
  add("CloseAccount", &LedgerPostApi::CloseAccount);
  router.Add(fmt::format("{}.CreateUnit", kService), &api, &LedgerPostApi::CreateUnit);
}

void RegisterReading(rpc::Router& router, LedgerReadApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("{}.{}", kService, method), &api, handler);
  };
  add("ListUnits", &LedgerReadApi::ListUnits);
  add("GetEntry", &LedgerReadApi::GetEntry);
  add("ListEntries", &LedgerReadApi::ListEntries);
  add("GetBalance", &LedgerReadApi::GetBalance);
  add("ListLots", &LedgerReadApi::ListLots);
  add("GetHold", &LedgerReadApi::GetHold);
  add("GetStatement", &LedgerReadApi::GetStatement);
  add("GetLiabilityReport", &LedgerReadApi::GetLiabilityReport);
  router.Add(fmt::format("{}.ListPauses", kProofService), &api, &LedgerReadApi::ListPauses);
}

void RegisterProofs(rpc::Router& router, LedgerProofApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("{}.{}", kProofService, method), &api, handler);
  };
  add("GetTreeHead", &LedgerProofApi::GetTreeHead);
  add("GetInclusionProof", &LedgerProofApi::GetInclusionProof);
  add("GetConsistencyProof", &LedgerProofApi::GetConsistencyProof);
  add("GetReceipt", &LedgerProofApi::GetReceipt);
  add("ListSigningKeys", &LedgerProofApi::ListSigningKeys);
  add("RotateSigningKey", &LedgerProofApi::RotateSigningKey);
  add("VerifyChain", &LedgerProofApi::VerifyChain);
}

void StopLanes(fx::Lifecycle& lifecycle, Lanes& lanes) {
  lifecycle.Append({.name = "ledger lanes", .on_stop = [&lanes] {
                      lanes.Stop();
                      return absl::OkStatus();
                    }});
}

void RunSweeper(fx::Lifecycle& lifecycle, Sweeper& sweeper) {
  lifecycle.Append({.name = "ledger sweeper",
                    .on_start =
                        [&sweeper] {
                          sweeper.Start();
                          return absl::OkStatus();
                        },
                    .on_stop =
                        [&sweeper] {
                          sweeper.Stop();
                          return absl::OkStatus();
                        }});
}

}  // namespace

fx::Module Module() {
  return {
      "ledger",
      {
          fx::ProvideAs<Reads, Client>(
              [](db::Pool& pool, const clock::Clock& clock) { return std::make_unique<Reads>(pool, clock); }),
          fx::Provide([](db::Pool& pool, rpc::TenantGate& gate, const audit::Audit& audit, const clock::Clock& clock) {
            return std::make_unique<Poster>(pool, gate, audit, clock);
          }),
          fx::Provide([](const Poster& poster) { return std::make_unique<Lanes>(poster, Lanes::Options{}); }),
          fx::Provide([](const crypto::Keyring& keyring, const clock::Clock& clock) {
            return std::make_unique<SigningKeys>(keyring, clock);
          }),
          fx::Provide(
              [](const SigningKeys& keys, const clock::Clock& clock) { return std::make_unique<Proofs>(keys, clock); }),
          fx::Provide([](db::Pool& pool, const Proofs& proofs) { return std::make_unique<Verifier>(pool, proofs); }),
          fx::Provide([](db::Pool& pool, Lanes& lanes, const clock::Clock& clock, const log::Logger& logger) {
            return std::make_unique<Sweeper>(pool, lanes, clock, logger);
          }),
          fx::Provide([](Lanes& lanes, const Reads& reads, const tenant::Directory& tenants,
                         const idempotency::Idempotency& idempotency) {
            return std::make_unique<LedgerPostApi>(lanes, reads, tenants, idempotency);
          }),
          fx::Provide([](const Reads& reads, const tenant::Directory& tenants, const crypto::Keyring& keyring) {
            return std::make_unique<LedgerReadApi>(reads, tenants, keyring);
          }),
          fx::Provide([](const Proofs& proofs, const Verifier& verifier, const SigningKeys& keys,
                         const tenant::Directory& tenants, const crypto::Keyring& keyring) {
            return std::make_unique<LedgerProofApi>(proofs, verifier, keys, tenants, keyring);
          }),
          fx::Invoke(RegisterPosting),
          fx::Invoke(RegisterReading),
          fx::Invoke(RegisterProofs),
          fx::Invoke([](db::Pool& pool, const SigningKeys& keys) { return keys.EnsureOne(pool); }),
          fx::Invoke(StopLanes),
          fx::Invoke(RunSweeper),
      }};
}

}  // namespace smallbiznis::ledger
