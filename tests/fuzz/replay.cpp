// fuzz-replay TARGET DIRECTORY: gives a target every file of its corpus once, without a fuzzer. A
// file that is named valid-* has to be accepted, one that is named refused-* refused; of any other
// only no harm is expected.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/targets.hpp"

namespace {

namespace fs = std::filesystem;
using namespace zkb::fuzz;

std::vector<std::byte> read(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  const std::span<const std::byte> bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

bool as_named(const fs::path& file, bool accepted) {
  const std::string name = file.filename().string();
  return !name.starts_with(accepted ? "refused-" : "valid-");
}

int replay(Target run, const fs::path& directory) {
  std::size_t files = 0;
  int wrong = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator{directory}) {
    fmt::print("{}: ", entry.path().filename().native());
    static_cast<void>(std::fflush(stdout));  // whatever happens next, its input is known
    const bool accepted = run(read(entry.path()));
    const bool expected = as_named(entry.path(), accepted);
    fmt::print("{}{}\n", accepted ? "accepted" : "refused", expected ? "" : ", which is WRONG");
    wrong += expected ? 0 : 1;
    ++files;
  }
  fmt::print("{} files, {} not as their name says\n", files, wrong);
  return files > 0 && wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto* const target =
      std::ranges::find(kTargets, arguments.empty() ? "" : arguments.front(), &NamedTarget::name);
  if (arguments.size() != 2 || target == kTargets.end()) {
    fmt::print(stderr, "usage: fuzz-replay TARGET DIRECTORY\n");
    return 2;
  }
  return replay(target->run, arguments.back());
}
