#include "zkbackup/base/run_lock.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "tests/unit/support/bytes.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

TEST_CASE("a second run is refused at once, and told who holds the lock") {
  const TempDir dir;
  {
    const RunLock first = RunLock::take(dir / "run");
    try {
      RunLock::take(dir / "run");
      FAIL("two runs at once");
    } catch (const Error& error) {
      CHECK(error.exit_code() == 6);
      CHECK(std::string{error.what()}.find(std::to_string(getpid())) != std::string::npos);
    }
  }
  CHECK_NOTHROW(RunLock::take(dir / "run"));
}

TEST_CASE("whoever waits for the lock is in line before it says that it is ready") {
  const TempDir dir;
  bool ready = false;
  const RunLock lock = RunLock::wait(dir / "run", [&] { ready = true; });
  CHECK(ready);
  CHECK_THROWS_AS(RunLock::take(dir / "run"), Error);
}
