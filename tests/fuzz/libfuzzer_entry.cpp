// What libFuzzer calls: the one target whose name this was compiled with.
#include <cstdint>

#include "tests/fuzz/targets.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(zkb::fuzz::DCOS_ZK_FUZZ_TARGET(std::as_bytes(std::span{data, size})));
  return 0;
}
