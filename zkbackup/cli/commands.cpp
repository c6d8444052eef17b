#include "zkbackup/cli/commands.hpp"

#include <ostream>

#include "systemd/notify.hpp"
#include "zkbackup/backup/execute.hpp"
#include "zkbackup/base/run_lock.hpp"
#include "zkbackup/cli/archive_input.hpp"
#include "zkbackup/cli/console.hpp"
#include "zkbackup/cli/report.hpp"
#include "zkbackup/restore/execute.hpp"
#include "zkbackup/zookeeper/guard.hpp"
#include "zkbackup/zookeeper/zoo_cfg.hpp"

namespace zkb {
namespace {

class Run {
 public:
  Run(const Arguments& arguments, const World& world)
      : arguments_{arguments},
        world_{world},
        console_{world.err,
                 world.clock,
                 {.members = arguments.verbose, .terminal = world.err_is_terminal}} {}

  int run() {
    check_output();
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
  void check_output() const {
    const bool archive = arguments_.command == Command::Backup && arguments_.backup_path == "-";
    if (!world_.out_is_open && (archive || arguments_.json)) {
      throw UsageError{"standard output is closed: what is asked for could not be written",
                       arguments_.usage, fmt::format("dcos-zk {}", name_of(arguments_.command))};
    }
  }

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
    if (arguments_.zoo_cfg && !exists_at_all(*arguments_.zoo_cfg)) {
      throw wrong_argument(arguments_, "--zoo-cfg", *arguments_.zoo_cfg, "does not exist");
    }
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
    if (to_stdout && world_.out_is_terminal) {
      throw UsageError{
          "argument backup_path: standard output is a terminal; the archive is not for the eye",
          arguments_.usage, "dcos-zk backup"};
    }
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
    const BackupResult result = execute_backup(plan, tools(), world_.archive_out, tool_version());
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

  static void tell_outage(std::optional<std::chrono::milliseconds> down, std::ostream& out) {
    if (down) {
      out << fmt::format("ZooKeeper was down for {:.1f} s\n",
                         static_cast<double>(down->count()) / 1000);
    }
  }

  int restore() {
    const RestoreRequest request{.archive = arguments_.backup_path,
                                 .layout = layout(),
                                 .outage = outage(),
                                 .force = arguments_.force ? Force::Yes : Force::No};
    if (arguments_.dry_run) {
      const Fd archive = open_archive(arguments_, world_);
      return dry_run(describe(plan_restore(request, archive, tools())));
    }
    const RunLock lock = RunLock::take(world_.run_directory);
    const Fd archive = open_archive(arguments_, world_);
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

}  // namespace

int carry_out(const Arguments& arguments, const World& world) {
  return Run{arguments, world}.run();
}

}  // namespace zkb
