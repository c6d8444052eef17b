#include "zkbackup/cli/dcos_zk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <istream>
#include <ostream>

#include "systemd/notify.hpp"
#include "zkbackup/backup/execute.hpp"
#include "zkbackup/base/run_lock.hpp"
#include "zkbackup/cli/arguments.hpp"
#include "zkbackup/cli/console.hpp"
#include "zkbackup/cli/report.hpp"
#include "zkbackup/restore/execute.hpp"
#include "zkbackup/zookeeper/zoo_cfg.hpp"

namespace zkb {
namespace {

UsageError wrong_argument(const Arguments& arguments, std::string_view argument,
                          const fs::path& path, std::string_view what) {
  return {fmt::format("argument {}: {} {}", argument, printable(path.native()), what),
          arguments.usage, fmt::format("dcos-zk {}", name_of(arguments.command))};
}

/// An archive from standard input is read twice, so it is put into a file without a name first.
Fd spooled(const Arguments& arguments, const World& world) {
  const fs::path directory = arguments.tmp_dir.value_or("/var/tmp");
  const auto file = world.disk.create_unnamed(directory, {});
  if (!file) {
    throw Error{Kind::Failed,
                fmt::format("'{}' cannot hold files without a name", directory.native()),
                "name another directory with -t"};
  }
  std::vector<char> chunk(std::size_t{256} * 1024);
  while (world.in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())),
         world.in.gcount() > 0) {
    world.interruption.check();
    file->write(std::as_bytes(std::span{chunk}.first(static_cast<std::size_t>(world.in.gcount()))));
  }
  Fd copy{fcntl(file->descriptor().get(), F_DUPFD_CLOEXEC, 0)};
  if (!copy) {
    throw system_error("keep", "standard input");
  }
  return copy;
}

Fd open_archive(const Arguments& arguments, const World& world) {
  const fs::path& path = arguments.backup_path;
  if (path == "-") {
    return spooled(arguments, world);
  }
  Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) {
    throw system_error("open", path);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    throw system_error("look at", path);
  }
  if (!S_ISREG(status.st_mode)) {
    throw wrong_argument(arguments, "backup_path", path, "is not a file");
  }
  return file;
}

class Run {
 public:
  Run(const Arguments& arguments, const World& world)
      : arguments_{arguments},
        world_{world},
        console_{world.err,
                 world.clock,
                 {.members = arguments.verbose, .terminal = world.err_is_terminal}} {}

  int run() {
    check_tmp_dir();
    check_backup_path();
    if (!world_.is_root) {
      throw Error{Kind::Failed,
                  "it has to be run as root: ZooKeeper's files are its user's own, and "
                  "systemd asks for it",
                  "run it with sudo"};
    }
    switch (arguments_.command) {
      case Command::Backup:
        return backup();
      case Command::Restore:
        return restore();
      case Command::Guard:
        break;
    }
    return guard();
  }

 private:
  void check_tmp_dir() const {
    if (!arguments_.tmp_dir) {
      return;
    }
    if (!exists_at_all(*arguments_.tmp_dir)) {
      throw wrong_argument(arguments_, "-t/--tmp-dir", *arguments_.tmp_dir, "does not exist");
    }
    std::error_code error;
    if (!fs::is_directory(*arguments_.tmp_dir, error)) {
      throw wrong_argument(arguments_, "-t/--tmp-dir", *arguments_.tmp_dir, "is not a directory");
    }
  }

  void check_backup_path() const {
    const fs::path& path = arguments_.backup_path;
    const auto wrong = [&](std::string_view what) {
      return wrong_argument(arguments_, "backup_path", path, what);
    };
    if (path == "-" || arguments_.command == Command::Guard) {
      return;
    }
    std::error_code error;
    if (arguments_.command == Command::Restore) {
      if (!exists_at_all(path)) {
        throw wrong("does not exist");
      }
    } else if (exists_at_all(path)) {
      throw wrong("already exists");
    } else if (!fs::is_directory(fs::absolute(path).parent_path(), error)) {
      throw wrong("parent directory does not exist");
    }
  }

  DataLayout layout() const {
    return arguments_.zoo_cfg ? layout_of(read_zoo_cfg(*arguments_.zoo_cfg)) : dcos_layout();
  }

  OutagePlan outage() const {
    const UnitName unit{arguments_.unit};
    OutagePlan plan{
        .unit = unit,
        .found = {},
        .dependents = {},
        .died_before = false,
        .stop_deadline = arguments_.stop_timeout,
        .start_deadline = arguments_.start_timeout,
        .run_directory = world_.run_directory,
        .guard_command = {world_.program.native(), "guard", "--unit", unit.str(), "--run-directory",
                          world_.run_directory.native(), "--start-timeout",
                          std::to_string(arguments_.start_timeout.count())},
        .guard_environment = {}};
    if (const auto bus = world_.environment("DBUS_SYSTEM_BUS_ADDRESS")) {
      plan.guard_environment.push_back("DBUS_SYSTEM_BUS_ADDRESS=" + *bus);
    }
    return plan;
  }

  OutageTools tools() {
    return {.units = world_.units,
            .disk = world_.disk,
            .clock = world_.clock,
            .interruption = world_.interruption,
            .report = console_};
  }

  int dry_run(const std::vector<std::string>& lines) const {
    if (arguments_.json) {
      world_.out << json_of_plan(name_of(arguments_.command), lines);
    } else {
      for (const std::string& line : lines) {
        world_.out << line << '\n';
      }
    }
    return 0;
  }

  UnitState state_left(const OutagePlan& plan) const {
    try {
      return world_.units.state(plan.unit);
    } catch (const Error&) {
      return {.load = "unknown", .active = "unknown", .sub = {}, .result = {}};
    }
  }

  int backup() {
    const bool to_stdout = arguments_.backup_path == "-";
    if (to_stdout && arguments_.json) {
      throw UsageError{"argument --json: standard output takes the archive", arguments_.usage,
                       "dcos-zk backup"};
    }
    const BackupRequest request{.archive = arguments_.backup_path,
                                .tmp_dir = arguments_.tmp_dir,
                                .layout = layout(),
                                .outage = outage()};
    if (arguments_.dry_run) {
      return dry_run(describe(planned(request)));
    }
    const RunLock lock = RunLock::take(world_.run_directory);
    const BackupPlan plan = planned(request);
    const BackupResult result = execute_backup(plan, tools(), world_.out, tool_version());
    console_.clear_progress();
    if (arguments_.json) {
      world_.out << json_of(plan, result, state_left(plan.outage));
    } else {
      tell(result, to_stdout ? world_.err : world_.out);
    }
    return finish(result.outage.start_failure, "the archive is whole, but ");
  }

  BackupPlan planned(const BackupRequest& request) {
    try {
      return plan_backup(request, world_.units);
    } catch (const Error& error) {
      if (error.kind() == Kind::Usage) {
        throw UsageError{error.what(), arguments_.usage, "dcos-zk backup"};
      }
      throw;
    }
  }

  void tell(const BackupResult& result, std::ostream& out) const {
    if (!result.outage.start_failure) {
      out << "ZooKeeper backup taken successfully\n";
    }
    out << fmt::format("archive: {} ({}, {} files, {} before compression)\n",
                       arguments_.backup_path.native(), bytes_text(result.archive_bytes),
                       result.files, bytes_text(result.state_bytes));
    out << fmt::format("SHA-256: {}\n", to_hex(result.sha256));
    tell_outage(result.outage.down, out);
  }

  static void tell_outage(std::chrono::milliseconds down, std::ostream& out) {
    if (down.count() > 0) {
      out << fmt::format("ZooKeeper was down for {:.1f} s\n",
                         static_cast<double>(down.count()) / 1000);
    }
  }

  int restore() {
    const RestoreRequest request{.archive = arguments_.backup_path,
                                 .layout = layout(),
                                 .outage = outage(),
                                 .force = arguments_.force ? Force::Yes : Force::No};
    const Fd archive = open_archive(arguments_, world_);
    if (arguments_.dry_run) {
      return dry_run(describe(plan_restore(request, archive, tools())));
    }
    const RunLock lock = RunLock::take(world_.run_directory);
    const RestorePlan plan = plan_restore(request, archive, tools());
    tell_findings(plan);
    const RestoreResult result = execute_restore(plan, archive, tools());
    console_.clear_progress();
    if (arguments_.json) {
      world_.out << json_of(plan, result, state_left(plan.outage));
    } else {
      tell(result);
    }
    return finish(result.incomplete, "the restored state is in place, but ");
  }

  void tell_findings(const RestorePlan& plan) {
    if (!plan.contents.manifest) {
      console_.warn(
          "the archive carries no manifest (another tool made it): a byte altered in it might "
          "go unnoticed");
    }
    for (const std::string& name : plan.contents.passed_over) {
      console_.step(
          fmt::format("leave '{}' in the archive: it is no part of ZooKeeper's state", name));
    }
    for (const fs::path& path : plan.left_behind) {
      console_.warn(fmt::format("'{}' stays with the previous state", printable(path.native())));
    }
  }

  void tell(const RestoreResult& result) const {
    if (!result.incomplete) {
      world_.out << "Local ZooKeeper instance restored successfully\n";
    }
    world_.out << fmt::format("restored: {} files, {}\n", result.files, bytes_text(result.bytes));
    if (result.previous) {
      world_.out << fmt::format("previous state: {}\n", result.previous->native());
    }
    tell_outage(result.down, world_.out);
  }

  int finish(const std::optional<Error>& incomplete, std::string_view what_is_done) const {
    world_.out.flush();
    if (!world_.out && world_.interruption.signal() == 0 && !incomplete) {
      throw Error{Kind::InPart,
                  "the work is done, but its result could not be written to standard output",
                  "see where standard output goes; do not run this again for that alone"};
    }
    if (!incomplete) {
      if (const int signal = world_.interruption.signal(); signal != 0) {
        world_.err << fmt::format("dcos-zk: signal {} came when the work was done already\n",
                                  signal);
      }
      return 0;
    }
    world_.err << fmt::format("dcos-zk: {}{}\nnext: {}\n", what_is_done, incomplete->what(),
                              incomplete->next_step());
    return incomplete->exit_code();
  }

  int guard() {
    run_guard(UnitName{arguments_.unit}, arguments_.run_directory, tools(),
              arguments_.start_timeout, notify_ready);
    return 0;
  }

  const Arguments& arguments_;
  const World& world_;
  Console console_;
};

void print(const UsageError& error, const World& world) {
  world.err << fmt::format("{}\ndcos-zk: error: {}\n{}\n", error.usage(), error.what(),
                           error.next_step());
}

void print(const Error& error, const World& world, const std::string& command) {
  world.err << fmt::format("dcos-zk: {}: {}\n", command, error.what());
  if (!error.next_step().empty()) {
    world.err << fmt::format("next: {}\n", error.next_step());
  }
}

int run_command(const Arguments& arguments, const World& world) {
  const std::string command = name_of(arguments.command);
  const auto tell_json = [&](const Error& error) {
    if (arguments.json && arguments.backup_path != "-") {
      world.out << json_of_error(command, error) << std::flush;
    }
    return error.exit_code();
  };
  try {
    return Run{arguments, world}.run();
  } catch (const UsageError& error) {
    print(error, world);
    return tell_json(error);
  } catch (const Error& error) {
    print(error, world, command);
    return tell_json(error);
  } catch (const std::exception& error) {
    const Error unforeseen{Kind::Failed, error.what()};
    print(unforeseen, world, command);
    return tell_json(unforeseen);
  }
}

}  // namespace

int run_dcos_zk(std::span<const std::string> args, const World& world) {
  try {
    const auto parsed = parse_arguments(args, world.environment);
    if (const Text* const text = std::get_if<Text>(&parsed)) {
      world.out << text->text << std::flush;
      return 0;
    }
    return run_command(std::get<Arguments>(parsed), world);
  } catch (const UsageError& error) {
    print(error, world);
    return error.exit_code();
  } catch (const Error& error) {
    print(error, world, args.empty() ? "" : printable(args.front()));
    return error.exit_code();
  }
}

}  // namespace zkb
