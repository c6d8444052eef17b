#include "zkbackup/cli/dcos_zk.hpp"

#include <ostream>

#include "zkbackup/cli/arguments.hpp"
#include "zkbackup/cli/commands.hpp"
#include "zkbackup/cli/report.hpp"

namespace zkb {
namespace {

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
    return carry_out(arguments, world);
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
