#include "pkg/totp/recovery.h"

#include <set>

namespace smallbiznis::totp {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kSymbols = 16;
constexpr size_t kGroup = 4;

std::string Grouped(std::string_view symbols) {
  std::string text;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (i > 0 && i % kGroup == 0) text.push_back('-');
    text.push_back(symbols[i]);
  }
  return text;
}

std::string NewCode() {
  // 256 is a multiple of 32: every symbol is as likely as every other.
  std::string symbols = crypto::RandomBytes(kSymbols);
  for (char& symbol : symbols) symbol = kAlphabet[static_cast<unsigned char>(symbol) % kAlphabet.size()];
  return Grouped(symbols);
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char Unmistaken(char c) {
  if (c == 'o') return '0';
  if (c == 'i' || c == 'l') return '1';
  return c;
}

}  // namespace

std::vector<std::string> NewRecoveryCodes() {
  std::set<std::string> codes;
  while (codes.size() < kRecoveryCodes) codes.insert(NewCode());
  return {codes.begin(), codes.end()};
}

std::optional<std::string> NormaliseRecoveryCode(std::string_view typed) {
  if (typed.size() > 4 * kSymbols) return std::nullopt;
  std::string symbols;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    const char symbol = Unmistaken(Lower(c));
    if (kAlphabet.find(symbol) == std::string_view::npos) return std::nullopt;
    symbols.push_back(symbol);
  }
  if (symbols.size() != kSymbols) return std::nullopt;
  return Grouped(symbols);
}

std::string RecoveryCodeMac(const crypto::Keyring& keyring, int64_t owner, std::string_view code) {
  std::string input;  // the owner has a fixed length, so no two pairs share an input
  for (int shift = 56; shift >= 0; shift -= 8) input.push_back(static_cast<char>(owner >> shift));
  input.append(code);
  return keyring.Mac(crypto::Purpose::kRecoveryCode, input);
}

}  // namespace smallbiznis::totp
