#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "systemd/unit_control.hpp"
#include "tar/compression.hpp"
#include "zkbackup/base/clock.hpp"
#include "zkbackup/base/file_system.hpp"
#include "zkbackup/base/interruption.hpp"

namespace zkb {

/// All that a command reaches for. main() builds the real one, tests build theirs and run whole
/// commands in-process.
struct World {
  FileSystem& disk;
  UnitControl& units;
  const Clock& clock;
  const Interruption& interruption;
  ByteSource archive_in;  ///< standard input, where it is an archive
  ByteSink archive_out;   ///< standard output, where it is an archive
  std::ostream& out;
  std::ostream& err;
  bool out_is_open = true;  ///< not closed when the process began
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool is_root = false;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::filesystem::path run_directory{"/run/dcos-zk"};  ///< lock and marker; emptied by a reboot
  std::filesystem::path program;                        ///< this program's own file, for the guard
};

}  // namespace zkb
