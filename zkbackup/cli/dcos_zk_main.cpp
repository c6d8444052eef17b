#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "systemd/systemd_units.hpp"
#include "zkbackup/base/clock.hpp"
#include "zkbackup/base/descriptor_stream.hpp"
#include "zkbackup/base/file_system.hpp"
#include "zkbackup/base/interruptible_io.hpp"
#include "zkbackup/base/interruption.hpp"
#include "zkbackup/base/standard_streams.hpp"
#include "zkbackup/cli/dcos_zk.hpp"

int main(int argc, char** argv) {
  const bool out_is_open = zkb::open_standard_streams();
  const std::vector<std::string> args{argv + 1, argv + argc};
  std::setlocale(LC_CTYPE, "C.UTF-8");  // libarchive: owners' names that are not ASCII
  const bool guard = !args.empty() && args.front() == "guard";
  // The guard is a service that systemd may end at any time.
  const std::unique_ptr<zkb::Interruption> interruption =
      guard ? std::unique_ptr<zkb::Interruption>{std::make_unique<zkb::NoInterruption>()}
            : std::make_unique<zkb::SignalInterruption>();
  zkb::ResultBuffer result_buffer{STDOUT_FILENO, *interruption};
  zkb::TalkBuffer talk_buffer{STDERR_FILENO};
  std::ostream out{&result_buffer};
  std::ostream err{&talk_buffer};
  zkb::RealFileSystem disk;
  zkb::SystemdUnits units{*interruption};
  const zkb::SystemClock clock;
  std::error_code unknown;
  return zkb::run_dcos_zk(
      args, {.disk = disk,
             .units = units,
             .clock = clock,
             .interruption = *interruption,
             .archive_in =
                 [&](std::span<std::byte> bytes) {
                   return zkb::read_some(STDIN_FILENO, bytes, *interruption);
                 },
             .archive_out =
                 [&](std::span<const std::byte> bytes) {
                   zkb::write_all(STDOUT_FILENO, bytes, *interruption);
                 },
             .out = out,
             .err = err,
             .out_is_open = out_is_open,
             .out_is_terminal = isatty(STDOUT_FILENO) == 1,
             .err_is_terminal = isatty(STDERR_FILENO) == 1,
             .is_root = geteuid() == 0,
             .environment =
                 [](const std::string& name) {
                   const char* const value = std::getenv(name.c_str());
                   return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
                 },
             .program = std::filesystem::read_symlink("/proc/self/exe", unknown)});
}
