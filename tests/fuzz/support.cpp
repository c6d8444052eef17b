#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/fuzz/targets.hpp"

namespace zkb::fuzz {

void must_hold(bool held, std::string_view what) {
  if (!held) {
    std::fprintf(stderr, "this has to hold, and does not: %s\n", std::string{what}.c_str());
    std::abort();
  }
}

std::string_view text_of(std::span<const std::byte> input) {
  return {static_cast<const char*>(static_cast<const void*>(input.data())), input.size()};
}

}  // namespace zkb::fuzz
