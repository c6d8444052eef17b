#include "zkbackup/cli/console.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace zkb;

namespace {

class SteppedClock final : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override { return {}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point{time};
  }
  std::chrono::milliseconds time{0};
};

}  // namespace

TEST_CASE("progress tells rate and time left, on a terminal only, and gives way to a line") {
  SteppedClock clock;
  std::ostringstream err;
  {
    Console console{err, clock, {.members = false, .terminal = true}};
    console.step("write");
    clock.time += std::chrono::seconds{2};
    console.progress(20 << 20, 100 << 20);
    CHECK(err.str() == "write\n\r\x1b[K 20 %  20.0 MiB of 100.0 MiB  10.0 MiB/s  8 s left");
    console.progress(21 << 20, 100 << 20);  // too soon for another
    console.warn("careful");
    CHECK(err.str().ends_with("left\r\x1b[Kwarning: careful\n"));
  }
  err.str("");
  Console plain{err, clock, {.members = false, .terminal = false}};
  plain.progress(1, 2);
  CHECK(err.str().empty());
}

TEST_CASE("members are told only where they are asked for") {
  const SteppedClock clock;
  std::ostringstream err;
  Console quiet{err, clock, {}};
  quiet.member("./a", 5);
  CHECK(err.str().empty());
  Console verbose{err, clock, {.members = true}};
  verbose.member("./a", 5);
  CHECK(err.str() == "  ./a  5 B\n");
}

TEST_CASE("sizes read as a person reads them") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(1536) == "1.5 KiB");
  CHECK(bytes_text(20ULL << 30) == "20.0 GiB");
}
