#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "zkbackup/base/error.hpp"

namespace zkb {

/// A wrong command line. Its usage line is printed before it, as the original tool's was.
class UsageError : public Error {
 public:
  UsageError(std::string what, std::string usage, std::string command)
      : Error{Kind::Usage, std::move(what), fmt::format("see '{} --help'", command)},
        usage_{std::move(usage)} {}
  const std::string& usage() const noexcept { return usage_; }

 private:
  std::string usage_;
};

enum class Command { Backup, Restore, Guard };

/// One call of dcos-zk. What the command line leaves out comes from the environment, then from the
/// configuration file, then is the default.
struct Arguments {
  Command command = Command::Backup;
  std::string usage;                  ///< the command's usage line
  std::filesystem::path backup_path;  ///< "-": standard output or input
  bool verbose = false;
  bool json = false;
  bool dry_run = false;
  bool force = false;
  std::optional<std::filesystem::path> tmp_dir;
  std::string unit = "dcos-exhibitor.service";
  std::optional<std::filesystem::path> zoo_cfg;  ///< none: DC/OS's layout
  std::chrono::seconds stop_timeout{120};
  std::chrono::seconds start_timeout{120};
  std::filesystem::path run_directory;  ///< of the guard
};

/// --help or --version: to be printed on standard output.
struct Text {
  std::string text;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// `args` without the program's name. Throws UsageError with the original tool's words where it has
/// any; Error{Usage} for a wrong value in the environment or the configuration file.
std::variant<Arguments, Text> parse_arguments(std::span<const std::string> args,
                                              const Environment& environment);

std::string tool_version();
std::string name_of(Command command);

}  // namespace zkb
