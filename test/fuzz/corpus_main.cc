// Between a corpus as the repository has it and the folder that libFuzzer wants.
//
//   fuzz_corpus unpack FILE FOLDER    one file an input
//   fuzz_corpus pack FOLDER           to standard output
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "test/fuzz/corpus.h"

namespace smallbiznis::fuzz {
namespace {

int Unpack(const std::string& file, const std::string& folder) {
  const auto inputs = ReadCorpus(file);
  if (!inputs.ok()) {
    std::cerr << inputs.status() << "\n";
    return 1;
  }
  for (size_t i = 0; i < inputs->size(); ++i) std::ofstream(folder + "/" + std::to_string(i)) << (*inputs)[i];
  return 0;
}

int Pack(const std::string& folder) {
  std::vector<std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::cout << CorpusText(std::move(inputs));
  return 0;
}

}  // namespace
}  // namespace smallbiznis::fuzz

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "unpack" && argc == 4) return smallbiznis::fuzz::Unpack(argv[2], argv[3]);
  if (what == "pack" && argc == 3) return smallbiznis::fuzz::Pack(argv[2]);
  std::cerr << "usage: fuzz_corpus unpack FILE FOLDER | pack FOLDER\n";
  return 2;
}
