// zk-tree: writes znodes to a ZooKeeper and prints its tree, for the tests and the demo.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "known_tree.hpp"
#include "session.hpp"

namespace zk_tree {
namespace {

constexpr std::string_view kUsage =
    R"(usage: zk-tree HOST:PORT COMMAND

  fill N [PREFIX]     create the known tree of N znodes (PREFIX: /known)
  create PATH [DATA]  create a znode; without DATA its data is null
  set PATH DATA       change a znode's data
  get PATH            print a znode's data as it is
  delete PATH         delete a znode without children
  delete-tree PATH    delete a znode and all below it
  dump [PATH]         print every znode from PATH on (/), a line each: path, data in Base64, stat, ACL
  list [PATH]         the same for people: path, data and version alone
  ephemeral PATH      create an ephemeral znode and print the session's id; at the end of standard input
                      die without closing the session
  wait [SECONDS]      wait until a session can be made (30)

exit codes: 0 done, 1 refused by ZooKeeper, 2 usage, 3 no session in time, 4 no such znode
)";

constexpr int kExitRefused = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNoSession = 3;
constexpr int kExitNoZnode = 4;

constexpr std::chrono::seconds kDefaultDeadline{30};
constexpr std::chrono::milliseconds kShortSession{10'000};
/// Long enough to outlast a restore, short enough to wait for its end.
constexpr std::chrono::milliseconds kLongSession{20'000};

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Arguments = std::span<const std::string>;

std::size_t number_from(const std::string& text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end) {
    throw UsageError{"'" + text + "' is not a number"};
  }
  return number;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t start = 0; start < bytes.size(); start += 3) {
    const std::string_view group = bytes.substr(start, 3);
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < 3; ++index) {
      bits = bits << 8U | (index < group.size() ? static_cast<unsigned char>(group[index]) : 0U);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      text.push_back(digit <= group.size() ? kDigits[bits >> (18U - 6U * digit) & 63U] : '=');
    }
  }
  return text;
}

/// "pzxid=0x12": zxids as ZooKeeper's own tools write them.
std::string hex(std::int64_t zxid) {
  std::array<char, 17> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                          static_cast<std::uint64_t>(zxid), 16);
  return "0x" + std::string{digits.data(), end};
}

std::string line_of(const std::string& path, const Znode& znode, const std::vector<AclEntry>& acl) {
  const Stat& stat = znode.stat;
  std::string line = path;
  line += "\tdata=" + (znode.data ? "base64:" + base64(*znode.data) : "null");
  line += " version=" + std::to_string(stat.version);
  line += " cversion=" + std::to_string(stat.cversion);
  line += " aversion=" + std::to_string(stat.aversion);
  line += " czxid=" + hex(stat.czxid) + " mzxid=" + hex(stat.mzxid) + " pzxid=" + hex(stat.pzxid);
  line += " ctime=" + std::to_string(stat.ctime) + " mtime=" + std::to_string(stat.mtime);
  line += " ephemeralOwner=" + hex(stat.ephemeralOwner) + " acl=";
  for (std::size_t index = 0; index < acl.size(); ++index) {
    const AclEntry& entry = acl[index];
    line += index == 0 ? "" : ",";
    line += std::to_string(entry.permissions) + ":" + entry.scheme + ":" + entry.id;
  }
  return line;
}

std::string child_of(const std::string& path, const std::string& name) {
  return (path == "/" ? "" : path) + "/" + name;
}

/// Text in quotes, anything else by its size.
std::string for_people(const Data& data) {
  constexpr std::size_t kLongestText = 48;
  if (!data) {
    return "null";
  }
  const bool text = data->size() <= kLongestText && std::ranges::all_of(*data, [](char byte) {
                      return byte >= ' ' && byte <= '~';
                    });
  return text ? '"' + *data + '"' : std::to_string(data->size()) + " bytes";
}

/// Calls `print` for `path` and all below it, parents first, children sorted.
template <typename Print>
void walk(Session& session, const std::string& path, const Print& print) {
  // The server rewrites this one at every start; it is configuration, not state.
  if (path == "/zookeeper/config") {
    return;
  }
  print(path);
  for (const std::string& name : session.children(path)) {
    walk(session, child_of(path, name), print);
  }
}

void dump(Session& session, const std::string& top) {
  walk(session, top, [&session](const std::string& path) {
    std::cout << line_of(path, session.get(path), session.acl(path)) << '\n';
  });
}

void list(Session& session, const std::string& top) {
  walk(session, top, [&session](const std::string& path) {
    const Znode znode = session.get(path);
    std::cout << path << " = " << for_people(znode.data) << ", version " << znode.stat.version
              << '\n';
  });
}

void delete_tree(Session& session, const std::string& path) {
  for (const std::string& name : session.children(path)) {
    delete_tree(session, child_of(path, name));
  }
  session.remove(path);
}

[[noreturn]] void hold_ephemeral(Session& session, const std::string& path) {
  session.create(path, "ephemeral", open_to_all(), Lifetime::Ephemeral);
  std::cout << hex(session.id()) << std::endl;
  std::string ignored;
  while (std::getline(std::cin, ignored)) {
  }
  // Not exit(): a session that is closed would take its ephemeral along.
  _exit(EXIT_SUCCESS);
}

struct Command {
  std::size_t least_arguments;
  std::size_t most_arguments;
  void (*run)(Session& session, Arguments arguments);
  std::chrono::milliseconds session_timeout = kShortSession;
};

const std::map<std::string_view, Command>& commands() {
  static const std::map<std::string_view, Command> table{
      {"fill",
       {1, 2,
        [](Session& session, Arguments arguments) {
          fill(session, number_from(arguments[0]), arguments.size() > 1 ? arguments[1] : "/known");
        }}},
      {"create",
       {1, 2,
        [](Session& session, Arguments arguments) {
          session.create(arguments[0], arguments.size() > 1 ? Data{arguments[1]} : std::nullopt,
                         open_to_all());
        }}},
      {"set",
       {2, 2,
        [](Session& session, Arguments arguments) { session.set(arguments[0], arguments[1]); }}},
      {"get",
       {1, 1,
        [](Session& session, Arguments arguments) {
          std::cout << session.get(arguments[0]).data.value_or("");
        }}},
      {"delete",
       {1, 1, [](Session& session, Arguments arguments) { session.remove(arguments[0]); }}},
      {"delete-tree",
       {1, 1, [](Session& session, Arguments arguments) { delete_tree(session, arguments[0]); }}},
      {"dump",
       {0, 1,
        [](Session& session, Arguments arguments) {
          dump(session, arguments.empty() ? "/" : arguments[0]);
        }}},
      {"list",
       {0, 1,
        [](Session& session, Arguments arguments) {
          list(session, arguments.empty() ? "/" : arguments[0]);
        }}},
      {"ephemeral",
       {1, 1, [](Session& session, Arguments arguments) { hold_ephemeral(session, arguments[0]); },
        kLongSession}},
      {"wait", {0, 1, [](Session& /*session*/, Arguments /*arguments*/) {}}},
  };
  return table;
}

void run(Arguments arguments) {
  if (arguments.size() < 2) {
    throw UsageError{"HOST:PORT and a command are required"};
  }
  const auto found = commands().find(arguments[1]);
  if (found == commands().end()) {
    throw UsageError{"there is no command '" + arguments[1] + "'"};
  }
  const auto& [name, command] = *found;
  const Arguments rest = arguments.subspan(2);
  if (rest.size() < command.least_arguments || rest.size() > command.most_arguments) {
    throw UsageError{"wrong number of arguments for '" + std::string{name} + "'"};
  }
  const auto deadline = name == "wait" && !rest.empty() ? std::chrono::seconds{number_from(rest[0])}
                                                        : kDefaultDeadline;
  Session session{arguments[0], command.session_timeout, deadline};
  command.run(session, rest);
  if (!std::cout.flush()) {
    throw std::runtime_error{"cannot write to standard output"};
  }
}

int fail(int exit_code, const std::exception& error) {
  std::cerr << "zk-tree: " << error.what() << '\n';
  return exit_code;
}

int exit_code_of(Arguments arguments) {
  try {
    run(arguments);
    return EXIT_SUCCESS;
  } catch (const UsageError& error) {
    const int code = fail(kExitUsage, error);
    std::cerr << kUsage;
    return code;
  } catch (const NoSession& error) {
    return fail(kExitNoSession, error);
  } catch (const ZooKeeperError& error) {
    return fail(error.code() == ZNONODE ? kExitNoZnode : kExitRefused, error);
  } catch (const std::exception& error) {
    return fail(kExitRefused, error);
  }
}

}  // namespace
}  // namespace zk_tree

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return zk_tree::exit_code_of(arguments);
}
