// Expressions that are written to blow up, in families, each from a seed.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace smallbiznis::cel::hostile {

// Draws that are the same on every machine.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  size_t Below(size_t n) { return static_cast<size_t>(random_() % n); }
  bool Once(size_t in) { return Below(in) == 0; }
  // From 1 to `most`, every order of magnitude as often as the others.
  size_t Size(size_t most);
  std::string Of(std::span<const std::string_view> texts) { return std::string(texts[Below(texts.size())]); }
  std::string Of(std::initializer_list<std::string_view> texts) { return Of(std::span(texts.begin(), texts.size())); }

 private:
  std::mt19937_64 random_;
};

struct Family {
  std::string_view name;
  std::string (*make)(Dice& dice);
};

// They may use the variables n (int), d (double), text (string, long and of one letter), words (string, long),
// ints (list(int)), items (list(map(string, dyn))), m (map(string, dyn)), any (dyn), t (timestamp).
std::span<const Family> Families();

}  // namespace smallbiznis::cel::hostile
