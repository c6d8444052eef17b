#include "zkbackup/cli/dcos_zk.hpp"

#include <algorithm>
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

/// For errors that tell no next step of their own.
std::string usual_next_step(const Error& error) {
  if (error.exit_code() > 128) {
    return "nothing was changed, and all is as it was found; run this again when it suits";
  }
  switch (error.kind()) {
    case Kind::NotValid:
      return "nothing was changed; take another copy of the archive, or another archive";
    case Kind::Unsafe:
      return "nothing was changed; clear that up, then run this again";
    case Kind::Usage:
    case Kind::Failed:
    case Kind::Locked:
      return "nothing was changed; mend that, then run this again";
    case Kind::InPart:
      break;
  }
  return "see what was done and what was not";
}

Error with_next_step(const Error& error) {
  return {error.kind(), error.what(),
          error.next_step().empty() ? usual_next_step(error) : error.next_step()};
}

/// Prints `error`, and the document where one is asked for.
int tell(const Error& error, const std::string& command, bool json, const World& world) {
  const int exit_code = error.exit_code();
  const Error complete = with_next_step(error);
  if (const auto* const usage = dynamic_cast<const UsageError*>(&error)) {
    print(*usage, world);
  } else {
    world.err << fmt::format("dcos-zk: {}: {}\nnext: {}\n", command, complete.what(),
                             complete.next_step());
  }
  if (json) {
    world.out << json_of_error(command, complete, exit_code) << std::flush;
  }
  return exit_code;
}

bool asks_for_json(std::span<const std::string> args) {
  return std::ranges::find(args, "--json") != args.end();
}

}  // namespace

int run_dcos_zk(std::span<const std::string> args, const World& world) {
  const std::string command = args.empty() ? "" : printable(args.front());
  bool json = asks_for_json(args);  // until they are parsed
  try {
    const auto parsed = parse_arguments(args, world.environment);
    if (const Text* const text = std::get_if<Text>(&parsed)) {
      world.out << text->text << std::flush;
      return 0;
    }
    const auto& arguments = std::get<Arguments>(parsed);
    json = arguments.json;
    return carry_out(arguments, world);
  } catch (const Error& error) {
    return tell(error, command, json, world);
  } catch (const std::exception& error) {
    return tell({Kind::Failed, error.what()}, command, json, world);
  }
}

}  // namespace zkb
