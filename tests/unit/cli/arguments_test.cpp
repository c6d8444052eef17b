#include "zkbackup/cli/arguments.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/unit/support/bytes.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

using Words = std::vector<std::string>;

std::map<std::string, std::string> no_environment() {
  return {};
}

std::variant<Arguments, Text> parse_any(const Words& words,
                                        const std::map<std::string, std::string>& environment) {
  return parse_arguments(words, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional{found->second};
  });
}

Arguments parse(const Words& words,
                const std::map<std::string, std::string>& environment = no_environment()) {
  return std::get<Arguments>(parse_any(words, environment));
}

std::string usage_error(const Words& words) {
  try {
    parse(words);
    return "no error";
  } catch (const UsageError& error) {
    CHECK(error.exit_code() == 2);
    CHECK(error.usage().starts_with("usage: dcos-zk"));
    return error.what();
  }
}

}  // namespace

TEST_CASE("the original's forms are taken") {
  const Arguments plain = parse({"backup", "/b.tgz"});
  CHECK(plain.command == Command::Backup);
  CHECK(plain.backup_path == "/b.tgz");
  CHECK_FALSE(plain.verbose);
  CHECK_FALSE(plain.tmp_dir);
  for (const Words& words :
       std::vector<Words>{{"restore", "-vt", "/tmp", "/b.tgz"},
                          {"restore", "/b.tgz", "-v", "-t", "/tmp"},
                          {"restore", "-v", "-t/tmp", "/b.tgz"},
                          {"restore", "--verbose", "--tmp-dir=/tmp", "/b.tgz"},
                          {"restore", "--verb", "--tmp", "/tmp", "/b.tgz"},
                          {"restore", "--t=/tmp", "/b.tgz", "-v"},
                          {"restore", "-v", "-t", "/nowhere", "-t", "/tmp", "--", "/b.tgz"}}) {
    CAPTURE(words);
    const Arguments arguments = parse(words);
    CHECK(arguments.command == Command::Restore);
    CHECK(arguments.verbose);
    CHECK(arguments.tmp_dir == "/tmp");
    CHECK(arguments.backup_path == "/b.tgz");
  }
}

TEST_CASE("wrong calls get the original's words") {
  CHECK(usage_error({"bogus"}) ==
        "argument command: invalid choice: 'bogus' (choose from 'backup', 'restore')");
  CHECK(usage_error({"backup"}) == "the following arguments are required: backup_path");
  CHECK(usage_error({"backup", "a", "extra"}) == "unrecognized arguments: extra");
  CHECK(usage_error({"backup", "a", "--bogus"}) == "unrecognized arguments: --bogus");
  CHECK(usage_error({}) == "the following arguments are required: command");
  CHECK(usage_error({"backup", "a", "-t"}) == "argument -t/--tmp-dir: expected one argument");
  CHECK(
      usage_error({"backup", "a", "--st", "3"}).starts_with("ambiguous option: --st could match"));
  CHECK(usage_error({"backup", "a", "--stop-timeout", "soon"}) ==
        "argument --stop-timeout: 'soon' is no number of seconds from 1 to 86400");
}

TEST_CASE("a path may begin with a dash after --, and '-' is a path") {
  CHECK(parse({"backup", "-"}).backup_path == "-");
  CHECK(parse({"backup", "--", "-x"}).backup_path == "-x");
}

TEST_CASE(
    "a setting comes from the command line, then the environment, then the file, then is the "
    "default") {
  const TempDir dir;
  write_file(
      dir / "c",
      "# comment\nunit = from-file.service\nstop-timeout=7\nzoo-cfg = /with blank/zoo.cfg\n");
  std::map<std::string, std::string> environment{{"DCOS_ZK_CONFIG", (dir / "c").native()}};
  CHECK(parse({"backup", "b"}, environment).unit == "from-file.service");
  CHECK(parse({"backup", "b"}, environment).stop_timeout == std::chrono::seconds{7});
  CHECK(parse({"backup", "b"}, environment).zoo_cfg == "/with blank/zoo.cfg");
  CHECK(parse({"backup", "b"}, environment).start_timeout == std::chrono::seconds{120});
  environment["DCOS_ZK_UNIT"] = "from-environment.service";
  environment["DCOS_ZK_STOP_TIMEOUT"] = "8";
  CHECK(parse({"backup", "b"}, environment).unit == "from-environment.service");
  CHECK(parse({"backup", "b"}, environment).stop_timeout == std::chrono::seconds{8});
  CHECK(parse({"backup", "b", "--unit", "given"}, environment).unit == "given");
  CHECK(parse({"backup", "b"}).unit == "dcos-exhibitor.service");
}

TEST_CASE("a wrong configuration file is named") {
  const TempDir dir;
  write_file(dir / "c", "unit =\n");
  CHECK_THROWS_WITH_AS(parse({"backup", "b", "--config", (dir / "c").native()}),
                       doctest::Contains("'unit' has no value"), Error);
  write_file(dir / "c", "units = x\n");
  CHECK_THROWS_WITH_AS(parse({"backup", "b", "--config", (dir / "c").native()}),
                       doctest::Contains("there is no setting 'units'"), Error);
  CHECK_THROWS_WITH_AS(parse({"backup", "b", "--config", (dir / "none").native()}),
                       doctest::Contains("none"), Error);
}

TEST_CASE("help and version are text, of the command that is asked") {
  const auto text = [](const Words& words) { return std::get<Text>(parse_any(words, {})).text; };
  CHECK(text({"--version"}).starts_with("dcos-zk "));
  CHECK(text({"-h"}).find("restore") != std::string::npos);
  CHECK(text({"-h"}).find("guard") == std::string::npos);
  for (const char* const command : {"backup", "restore"}) {
    CHECK(text({command, "--help"}).find("example:") != std::string::npos);
    CHECK(text({command, "-h"}).find("exit codes:") != std::string::npos);
    CHECK(text({command, "-h"}).find(std::string{"dcos-zk "} + command) != std::string::npos);
  }
}
