#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/support/bytes.hpp"
#include "tests/unit/support/stub_units.hpp"
#include "zkbackup/cli/world.hpp"

namespace zkb::test {

/// An interruption that a test raises.
class TestInterruption final : public Interruption {
 public:
  int signal() const noexcept override { return raised; }
  int fd() const noexcept override { return -1; }
  int raised = 0;
};

class TestClock final : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override { return time; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::now();
  }
  std::chrono::system_clock::time_point time{std::chrono::seconds{1'790'000'000}};
};

enum class Directories { Two, One };

/// A host in a temporary directory: real files, units that are a stub, and whole commands run
/// in-process.
class TestHost {
 public:
  explicit TestHost(Directories directories = Directories::Two);

  /// Relative file names ("snapshot.5", "log.6", "currentEpoch") to contents, as the version-2
  /// directories hold them; makes what is missing and leaves what is there.
  void put_state(const std::map<std::string, std::string>& files) const;
  /// All that the version-2 directories hold.
  std::map<std::string, std::string> state() const;
  /// A state that tells its name.
  static std::map<std::string, std::string> named_state(const std::string& name);

  /// Runs `dcos-zk ARGS --zoo-cfg ...` and returns its exit code; fills out and err.
  int run(std::vector<std::string> args);
  int run_on(FileSystem& disk, std::vector<std::string> args);

  fs::path base() const { return dir_ / "zk"; }  ///< in it: snapshot, transactions, or data
  fs::path data_dir() const;
  fs::path data_log_dir() const;
  /// What a restore swaps.
  fs::path target() const;
  fs::path operator/(const fs::path& name) const { return dir_ / name; }
  /// Every path below the host's directory, relative, run directory and zoo.cfg left out.
  std::vector<std::string> listing() const;

  StubUnits units;
  TestInterruption interruption;
  TestClock clock;
  std::map<std::string, std::string> environment;
  bool is_root = true;
  bool out_is_terminal = false;
  std::string input;
  std::string out;
  std::string err;

 private:
  TempDir dir_;
  Directories directories_;
  RealFileSystem disk_;
};

}  // namespace zkb::test
