#include "zkbackup/base/interruptible_io.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tests/unit/support/bytes.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    reading = Fd{ends[0]};
    writing = Fd{ends[1]};
  }
  Fd reading;
  Fd writing;
};

}  // namespace

TEST_CASE("what is written arrives, and the end of the input is told") {
  Pipe pipe;
  write_all(pipe.writing.get(), bytes_of("some bytes"), NoInterruption{});
  pipe.writing = Fd{};
  Bytes bytes(100);
  bytes.resize(read_some(pipe.reading.get(), bytes, NoInterruption{}));
  CHECK(text_of(bytes) == "some bytes");
  Bytes more(1);
  CHECK(read_some(pipe.reading.get(), more, NoInterruption{}) == 0);
}

TEST_CASE(
    "a signal ends the wait for an input that never comes, and for a reader that never reads") {
  const Pipe pipe;
  const SignalInterruption signals;
  REQUIRE(raise(SIGTERM) == 0);
  Bytes bytes(100);
  CHECK_THROWS_WITH_AS(read_some(pipe.reading.get(), bytes, signals), doctest::Contains("SIGTERM"),
                       Interrupted);
  CHECK_THROWS_AS(write_all(pipe.writing.get(), Bytes(1'000'000), signals), Interrupted);
}

TEST_CASE("a reader that is gone is SIGPIPE, as a shell would report it") {
  Pipe pipe;
  const SignalInterruption signals;
  pipe.reading = Fd{};
  try {
    write_all(pipe.writing.get(), bytes_of("x"), signals);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.exit_code() == 128 + SIGPIPE);
  }
}
