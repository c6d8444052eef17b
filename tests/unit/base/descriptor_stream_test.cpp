#include "zkbackup/base/descriptor_stream.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ostream>
#include <string>

#include "tests/unit/support/bytes.hpp"

using namespace zkb;
using namespace zkb::test;

TEST_CASE(
    "talk that nobody reads is dropped instead of waited for, and goes on when it is read again") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const Fd reading{ends[0]};
  const Fd writing{ends[1]};
  TalkBuffer buffer{writing.get()};
  std::ostream talk{&buffer};
  for (int i = 0; i < 100; ++i) {
    talk << std::string(4096, 'x');  // more than a pipe holds
  }
  CHECK(talk.good());
  Bytes bytes(1'000'000);
  REQUIRE(read(reading.get(), bytes.data(), bytes.size()) > 0);
  talk << "here again";
  const ssize_t count = read(reading.get(), bytes.data(), bytes.size());
  REQUIRE(count >= 10);
  bytes.resize(static_cast<std::size_t>(count));
  CHECK(text_of(bytes).ends_with("here again"));
}

TEST_CASE("a result that cannot be written turns its stream bad") {
  const Fd full{open("/dev/full", O_WRONLY | O_CLOEXEC)};
  const NoInterruption interruption;
  ResultBuffer buffer{full.get(), interruption};
  std::ostream result{&buffer};
  result << "done\n" << std::flush;
  CHECK_FALSE(result.good());
}

TEST_CASE("a result is written also after a signal has arrived") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const Fd reading{ends[0]};
  const Fd writing{ends[1]};
  const SignalInterruption signals;
  REQUIRE(raise(SIGTERM) == 0);
  ResultBuffer buffer{writing.get(), signals};
  std::ostream result{&buffer};
  result << "done\n" << std::flush;
  REQUIRE(result.good());
  Bytes bytes(100);
  CHECK(read(reading.get(), bytes.data(), bytes.size()) == 5);
}
