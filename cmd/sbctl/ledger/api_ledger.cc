#include "cmd/sbctl/ledger/api_ledger.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cmd/sbctl/file.h"
#include "cmd/sbctl/ledger/api_heads.h"
#include "cmd/sbctl/ledger/api_verify.h"
#include "cmd/sbctl/text.h"
#include "nlohmann/json.hpp"
#include "pkg/status/status.h"
#include "services/ledger/record/receipt.h"
#include "smallbiznis/ledger/v1/proof.pb.h"

namespace smallbiznis::sbctl {
namespace {

constexpr const char* kGetReceipt = "smallbiznis.ledger.v1.LedgerProofService/GetReceipt";

void AddTenant(CLI::App& app, TenantId& tenant) {
  app.add_option_function<std::string>(
         "tenant",
         [&tenant](const std::string& text) {
           const std::optional<TenantId> id = TenantId::Parse(text);
           if (!id) throw CLI::ValidationError("tenant", "must be an id");
           tenant = *id;
         },
         "The tenant's id")
      ->required();
}

void AddKeys(CLI::App& app, std::vector<std::string>& keys) {
  app.add_option("--signed-by", keys,
                 "A public key that may sign heads, hexadecimal; not given: those the server lists")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return ParseKey(text).ok() ? std::string() : std::string("must be a public key: 64 hexadecimal digits");
      });
}

// To a file, or to the output.
absl::Status Write(const std::string& path, const std::string& content, Session& session) {
  if (!path.empty()) return WriteFile(path, content);
  session.out << content;
  return absl::OkStatus();
}

void AddHead(CLI::App& parent, Command& chosen) {
  struct Arguments {
    TenantId tenant;
    std::vector<std::string> keys;
    std::string out;
  };
  CLI::App* const app =
      parent.add_subcommand("head", "Print what the ledger is now, signed: to verify it against later");
  const auto arguments = std::make_shared<Arguments>();
  AddTenant(*app, arguments->tenant);
  AddKeys(*app, arguments->keys);
  app->add_option("-o,--output", arguments->out, "Into this file");
  app->callback([&chosen, arguments] {
    chosen = [arguments](Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(const TrustedKeys keys, TrustedKeys::Of(arguments->keys, session));
      ASSIGN_OR_RETURN(const ledger::SignedHead head, FetchHead(arguments->tenant, keys, session));
      ASSIGN_OR_RETURN(const std::string content, ledger::WriteHead(head));
      return Write(arguments->out, content, session);
    };
  });
}

void AddVerify(CLI::App& parent, Command& chosen) {
  CLI::App* const app =
      parent.add_subcommand("verify", "Compute hashes and tree anew; fails naming the first bad entry");
  const auto request = std::make_shared<VerifyRequest>();
  AddTenant(*app, request->tenant);
  CLI::Option* const heads =
      app->add_option("--head", request->heads, "A file with a head that was kept: the ledger must begin with it")
          ->allow_extra_args(false);
  CLI::Option* const from =
      app->add_option("--from-head", request->from_head, "Begin behind this file's head")->excludes(heads);
  app->add_flag("--rules", request->rules, "Also derive balances, lots, holds and reverts")->excludes(from);
  AddKeys(*app, request->keys);
  app->add_option("-o,--output", request->out, "Write the head of what was verified into this file");
  app->callback(
      [&chosen, request] { chosen = [request](Session& session) { return VerifyLedger(*request, session); }; });
}

// The receipt proves its entry, and is of what was asked for.
absl::Status CheckReceipt(const ledger::Receipt& receipt, TenantId tenant, const std::string& entry) {
  RETURN_IF_ERROR(ledger::VerifyReceipt(receipt, std::nullopt));
  if (receipt.entry.tenant == tenant && fmt::format("{}", receipt.entry.entry_id) == entry) return absl::OkStatus();
  return absl::DataLossError("the server gave the receipt of another entry");
}

void AddReceipt(CLI::App& parent, Command& chosen) {
  struct Arguments {
    TenantId tenant;
    std::string entry;
    std::vector<std::string> keys;
    std::string out;
  };
  CLI::App* const app = parent.add_subcommand("receipt", "Print an entry with its proof and a signed head");
  const auto arguments = std::make_shared<Arguments>();
  AddTenant(*app, arguments->tenant);
  app->add_option("entry", arguments->entry, "The entry's number")->required();
  AddKeys(*app, arguments->keys);
  app->add_option("-o,--output", arguments->out, "Into this file");
  app->callback([&chosen, arguments] {
    chosen = [arguments](Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(const TrustedKeys keys, TrustedKeys::Of(arguments->keys, session));
      ledger::v1::GetReceiptRequest request;
      request.set_tenant_id(arguments->tenant.ToString());
      request.set_entry_id(arguments->entry);
      ledger::v1::Receipt answer;
      RETURN_IF_ERROR(session.api.Call(kGetReceipt, request, answer));
      ASSIGN_OR_RETURN(const ledger::Receipt receipt, ledger::ParseReceipt(answer.content()));
      RETURN_IF_ERROR(CheckReceipt(receipt, arguments->tenant, arguments->entry));
      RETURN_IF_ERROR(keys.Check(receipt.head, "the receipt's head"));
      return Write(arguments->out, answer.content(), session);
    };
  });
}

void AddCheck(CLI::App& parent, Command& chosen, bool& offline) {
  struct Arguments {
    std::string file;
    std::string key;
  };
  CLI::App* const app = parent.add_subcommand("check", "Check a receipt; needs neither a server nor an API key");
  const auto arguments = std::make_shared<Arguments>();
  app->add_option("receipt", arguments->file, "The receipt's file")->required();
  app->add_option("--signed-by", arguments->key, "The public key that must have signed it, hexadecimal");
  app->callback([&chosen, &offline, arguments] {
    offline = true;
    chosen = [arguments](Session& session) -> absl::Status {
      std::optional<crypto::PublicKey> key;
      if (!arguments->key.empty()) {
        ASSIGN_OR_RETURN(key, ParseKey(arguments->key));
      }
      ASSIGN_OR_RETURN(const std::string content, ReadFile(arguments->file));
      ASSIGN_OR_RETURN(const ledger::Receipt receipt, ledger::ParseReceipt(content));
      RETURN_IF_ERROR(ledger::VerifyReceipt(receipt, key));
      const ledger::Entry& entry = receipt.entry;
      if (session.json) {
        session.out << nlohmann::json{{"good", true}, {"keyId", receipt.head.key_id}, {"keyTrusted", key.has_value()}}
                    << '\n';
        return absl::OkStatus();
      }
      session.out << fmt::format("entry {} of tenant {}: {} of {} {} from {} to {}\n", entry.entry_id,
                                 entry.tenant.ToString(), Name(entry.kind), entry.amount, Safe(entry.unit),
                                 Safe(entry.source), Safe(entry.destination))
                  << fmt::format("is in the ledger of {} entries, signed by {} at {}\n", receipt.head.head.size,
                                 receipt.head.key_id, TimeText(receipt.head.head.at));
      if (!key) session.err << "sbctl: whose key that is was not checked (--signed-by)\n";
      return absl::OkStatus();
    };
  });
}

}  // namespace

void AddLedgerCommands(CLI::App& app, Command& chosen, bool& offline) {
  CLI::App& ledger = *app.add_subcommand("ledger", "A tenant's ledger: verified without trust in the server, receipts");
  ledger.require_subcommand(1);
  AddHead(ledger, chosen);
  AddVerify(ledger, chosen);
  AddReceipt(ledger, chosen);
  AddCheck(ledger, chosen, offline);
}

}  // namespace smallbiznis::sbctl
