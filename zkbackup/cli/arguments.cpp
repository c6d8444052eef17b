#include "zkbackup/cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>

#include "zkbackup/cli/settings.hpp"

#ifndef DCOS_ZK_VERSION
#error "the build defines DCOS_ZK_VERSION"
#endif

namespace zkb {
namespace {

constexpr std::string_view kDefaultConfig = "/etc/dcos-zk/dcos-zk.conf";
constexpr std::string_view kMainUsage = "usage: dcos-zk [-h] [--version] {backup,restore} ...";

constexpr std::string_view kExitCodes =
    "exit codes:\n"
    "  0  done\n"
    "  1  failed, nothing changed\n"
    "  2  wrong usage\n"
    "  3  refused as unsafe\n"
    "  4  the archive, or ZooKeeper's data, is not valid\n"
    "  5  done in part: the message says what a person must look at\n"
    "  6  another run is under way\n"
    "  128+n  interrupted by signal n, all put back\n"
    "\n"
    "settings, unless given on the command line: from DCOS_ZK_UNIT, DCOS_ZK_ZOO_CFG, "
    "DCOS_ZK_TMP_DIR,\n"
    "DCOS_ZK_STOP_TIMEOUT and DCOS_ZK_START_TIMEOUT, then from unit, zoo-cfg, tmp-dir, "
    "stop-timeout and\n"
    "start-timeout in /etc/dcos-zk/dcos-zk.conf (or the file that --config or DCOS_ZK_CONFIG "
    "names).";

constexpr std::string_view kBackupFooter =
    "example:\n"
    "  dcos-zk backup /root/zookeeper.tar.gz\n"
    "    stops dcos-exhibitor.service, takes hold of ZooKeeper's files, starts it again (down for "
    "a few\n"
    "    seconds, whatever the size), then writes, syncs, checks and names the archive\n";

constexpr std::string_view kRestoreFooter =
    "example:\n"
    "  dcos-zk restore /root/zookeeper.tar.gz\n"
    "    checks and unpacks the archive beside the data, then stops dcos-exhibitor.service, swaps "
    "the\n"
    "    directories in one step and starts it again; the previous state stays, its place is "
    "printed\n";

/// The values as they stand on the command line; empty where they are left out.
struct Given {
  std::string unit;
  std::string zoo_cfg;
  std::string tmp_dir;
  std::string config;
  std::string stop_timeout;
  std::string start_timeout;
};

class Parser {
 public:
  explicit Parser(const Environment& environment) : environment_{environment} {
    app_.set_help_flag("-h,--help", "Print this and exit.");
    app_.set_version_flag("--version", fmt::format("dcos-zk {}", tool_version()));
    app_.footer("Each command tells more: dcos-zk backup --help\n\n" + std::string{kExitCodes});
    backup_ = add_command("backup", "Write ZooKeeper's state into an archive.", kBackupFooter);
    restore_ =
        add_command("restore", "Put the state in an archive in ZooKeeper's place.", kRestoreFooter);
    restore_->add_flag(
        "--force", arguments_.force,
        "Restore an archive that was compressed anew, or past foreign files beside the data.");
    guard_ = app_.add_subcommand("guard", "Start a unit again if the run that stopped it dies.");
    guard_->group("");
    guard_->add_option("--unit", given_.unit)->required();
    guard_->add_option("--run-directory", run_directory_)->required();
    guard_->add_option("--start-timeout", given_.start_timeout)->required();
  }

  std::variant<Arguments, Text> parse(std::span<const std::string> args) {
    std::vector<std::string> words{args.begin(), args.end()};
    CLI::App* const command = choose_command(words);
    expand_prefixes(words, *command);
    std::ranges::reverse(words);  // as CLI11 takes them
    try {
      app_.parse(words);
    } catch (const CLI::CallForHelp&) {
      return Text{command->help(command == &app_ ? "" : "dcos-zk")};
    } catch (const CLI::CallForVersion& version) {
      return Text{fmt::format("{}\n", version.what())};
    } catch (const CLI::RequiredError&) {
      throw wrong(*command, "the following arguments are required: backup_path");
    } catch (const CLI::ArgumentMismatch& error) {
      throw wrong(*command, argument_without_value(error.what()));
    } catch (const CLI::ParseError& error) {
      throw wrong(*command, error.what());
    }
    check_leftovers(*command);
    return filled_in();
  }

 private:
  CLI::App* add_command(const std::string& name, const std::string& description,
                        std::string_view footer) {
    CLI::App* const command = app_.add_subcommand(name, description);
    command->set_help_flag("-h,--help", "Print this and exit.");
    command->allow_extras();
    command->footer(fmt::format("{}\n{}", footer, kExitCodes));
    command
        ->add_option(
            "backup_path", backup_path_,
            name == "backup"
                ? "The archive to write: .tar, .tar.zst, anything else gzip; '-': standard output."
                : "The archive to restore; '-': standard input.")
        ->required();
    command->add_flag("-v,--verbose", arguments_.verbose,
                      "Name every member as it is written or unpacked.");
    command->add_flag("--json", arguments_.json, "Print the result as one JSON document.");
    command->add_flag("--dry-run", arguments_.dry_run, "Print what would be done, and do nothing.");
    const auto option = [&](const char* names, std::string& value, const char* help) {
      command->add_option(names, value, help)->take_last();
    };
    option("-t,--tmp-dir", given_.tmp_dir,
           name == "backup"
               ? "Directory for unnamed temporary files (beside the archive; for '-', /var/tmp)."
               : "Directory for what comes from standard input (/var/tmp).");
    option("--unit", given_.unit, "The systemd unit that runs ZooKeeper (dcos-exhibitor.service).");
    option("--zoo-cfg", given_.zoo_cfg,
           "ZooKeeper's configuration file, on hosts other than DC/OS masters.");
    option("--config", given_.config,
           "dcos-zk's own configuration file (/etc/dcos-zk/dcos-zk.conf).");
    option("--stop-timeout", given_.stop_timeout, "Seconds that the unit may take to stop (120).");
    option("--start-timeout", given_.start_timeout,
           "Seconds that the unit may take to start (120).");
    return command;
  }

  CLI::App* choose_command(const std::vector<std::string>& words) {
    if (words.empty()) {
      throw wrong(app_, "the following arguments are required: command");
    }
    if (words.front().starts_with("-")) {
      return &app_;
    }
    for (CLI::App* const command : {backup_, restore_, guard_}) {
      if (command->get_name() == words.front()) {
        return command;
      }
    }
    throw wrong(
        app_,
        fmt::format("argument command: invalid choice: '{}' (choose from 'backup', 'restore')",
                    printable(words.front())));
  }

  /// Long options may be shortened as far as they stay unique, as they could with the original.
  static void expand_prefixes(std::vector<std::string>& words, const CLI::App& command) {
    for (std::string& word : words) {
      if (word == "--") {
        return;
      }
      if (!word.starts_with("--")) {
        continue;
      }
      const std::size_t length = std::min(word.find('='), word.size());
      const std::string name = word.substr(2, length - 2);
      const std::vector<std::string> candidates = options_beginning_with(name, command);
      if (candidates.size() > 1) {
        throw wrong(command, fmt::format("ambiguous option: --{} could match --{}", printable(name),
                                         fmt::join(candidates, ", --")));
      }
      if (candidates.size() == 1) {
        word.replace(2, name.size(), candidates.front());
      }
    }
  }

  static std::vector<std::string> options_beginning_with(const std::string& name,
                                                         const CLI::App& command) {
    std::vector<std::string> candidates;
    for (const CLI::Option* const option : command.get_options()) {
      for (const std::string& candidate : option->get_lnames()) {
        if (candidate == name) {
          return {candidate};
        }
        if (candidate.starts_with(name)) {
          candidates.push_back(candidate);
        }
      }
    }
    return candidates;
  }

  void check_leftovers(const CLI::App& command) {
    std::vector<std::string> extra = app_.remaining(/*recurse=*/true);
    std::erase(extra, "--");
    if (!extra.empty()) {
      throw wrong(command, fmt::format("unrecognized arguments: {}",
                                       printable(fmt::format("{}", fmt::join(extra, " ")))));
    }
    if (&command == &app_) {
      throw wrong(app_, "the following arguments are required: command");
    }
    if (&command != guard_ && backup_path_.empty()) {  // given, as ""
      throw wrong(command, "the following arguments are required: backup_path");
    }
    arguments_.command = &command == backup_    ? Command::Backup
                         : &command == restore_ ? Command::Restore
                                                : Command::Guard;
    arguments_.usage = usage_of(command);
  }

  Arguments filled_in() {
    if (arguments_.command != Command::Guard) {
      settings_ = settings_from_file();
    }
    arguments_.backup_path = backup_path_;
    arguments_.run_directory = run_directory_;
    arguments_.unit = setting(given_.unit, "unit").value_or(arguments_.unit);
    if (const auto zoo_cfg = setting(given_.zoo_cfg, "zoo-cfg")) {
      arguments_.zoo_cfg = *zoo_cfg;
    }
    if (const auto tmp_dir = setting(given_.tmp_dir, "tmp-dir")) {
      arguments_.tmp_dir = *tmp_dir;
    }
    set_seconds(arguments_.stop_timeout, given_.stop_timeout, "stop-timeout");
    set_seconds(arguments_.start_timeout, given_.start_timeout, "start-timeout");
    return arguments_;
  }

  std::map<std::string, std::string> settings_from_file() const {
    std::string file = given_.config;
    if (file.empty()) {
      file = environment_("DCOS_ZK_CONFIG").value_or("");
    }
    if (!file.empty()) {
      return read_settings(file);
    }
    std::error_code error;
    const bool there = std::filesystem::exists(kDefaultConfig, error);
    return there ? read_settings(kDefaultConfig) : std::map<std::string, std::string>{};
  }

  std::optional<std::string> setting(const std::string& given, const std::string& name) const {
    if (!given.empty()) {
      return given;
    }
    std::string variable = "DCOS_ZK_" + name;
    std::ranges::transform(variable, variable.begin(), [](char c) {
      return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    if (auto value = environment_(variable); value && !value->empty()) {
      return value;
    }
    const auto found = settings_.find(name);
    return found == settings_.end() ? std::nullopt : std::optional{found->second};
  }

  void set_seconds(std::chrono::seconds& seconds, const std::string& given,
                   const std::string& name) const {
    constexpr int kMost = 86400;
    const auto text = setting(given, name);
    if (!text) {
      return;
    }
    int value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size() || value < 1 || value > kMost) {
      throw UsageError{fmt::format("argument --{}: '{}' is no number of seconds from 1 to {}", name,
                                   printable(*text), kMost),
                       arguments_.usage, fmt::format("dcos-zk {}", name_of(arguments_.command))};
    }
    seconds = std::chrono::seconds{value};
  }

  static std::string usage_of(const CLI::App& command) {
    if (command.get_parent() == nullptr) {
      return std::string{kMainUsage};
    }
    return fmt::format(
        "usage: dcos-zk {} [-h] [-v] [-t DIR] [--json] [--dry-run] [--unit NAME] [--zoo-cfg FILE] "
        "... "
        "backup_path",
        command.get_name());
  }

  /// CLI11 says "--tmp-dir: 1 required TEXT missing".
  static std::string argument_without_value(std::string_view message) {
    const std::string_view name = message.substr(0, message.find(':'));
    return fmt::format("argument {}: expected one argument",
                       name == "--tmp-dir" ? "-t/--tmp-dir" : name);
  }

  static UsageError wrong(const CLI::App& command, const std::string& what) {
    const bool main = command.get_parent() == nullptr;
    return {what, usage_of(command), main ? "dcos-zk" : "dcos-zk " + command.get_name()};
  }

  const Environment& environment_;
  CLI::App app_{"Backs up and restores the state of this host's ZooKeeper.", "dcos-zk"};
  CLI::App* backup_ = nullptr;
  CLI::App* restore_ = nullptr;
  CLI::App* guard_ = nullptr;
  Arguments arguments_;
  Given given_;
  std::string backup_path_;
  std::string run_directory_;
  std::map<std::string, std::string> settings_;
};

}  // namespace

std::variant<Arguments, Text> parse_arguments(std::span<const std::string> args,
                                              const Environment& environment) {
  return Parser{environment}.parse(args);
}

std::string tool_version() {
  return DCOS_ZK_VERSION;
}

std::string name_of(Command command) {
  switch (command) {
    case Command::Backup:
      return "backup";
    case Command::Restore:
      return "restore";
    case Command::Guard:
      break;
  }
  return "guard";
}

}  // namespace zkb
