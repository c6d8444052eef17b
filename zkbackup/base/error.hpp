#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace zkb {

/// What kind of failure, which is also the exit code; the README lists them and scripts rely on
/// them.
enum class Kind : int {
  Failed = 1,    ///< nothing was changed
  Usage = 2,     ///< the command line or a setting is wrong
  Unsafe = 3,    ///< refused, because going on could lose something
  NotValid = 4,  ///< the archive, or ZooKeeper's own data, is not what it has to be
  InPart = 5,    ///< something was done and something was not: a person must look
  Locked = 6,    ///< another run is under way
};

/// A failure an administrator can read. what() grows outwards, from the cause to the command:
/// "restore '/b.tgz': check './zookeeper/…/log.5': 96 bytes at offset 48, 12 left". `next_step` is
/// one sentence on what to do now; it may be empty where the cause says it all.
class Error : public std::exception {
 public:
  Error(Kind kind, std::string cause, std::string next_step = {})
      : kind_{kind}, text_{std::move(cause)}, next_step_{std::move(next_step)} {}

  const char* what() const noexcept override { return text_.c_str(); }
  Kind kind() const noexcept { return kind_; }
  const std::string& next_step() const noexcept { return next_step_; }

  /// The process's exit code.
  virtual int exit_code() const noexcept { return static_cast<int>(kind_); }

  void add_context(std::string_view step) { text_.insert(0, fmt::format("{}: ", step)); }

 private:
  Kind kind_;
  std::string text_;
  std::string next_step_;
};

/// Thrown where a signal (base/interruption.hpp) ends the work; by then all is put back as it was
/// found.
class Interrupted : public Error {
 public:
  explicit Interrupted(int signal_number);
  /// 128 + the signal's number, as a shell reports it.
  int exit_code() const noexcept override { return 128 + signal_; }

 private:
  int signal_;
};

/// An Error that leaves `body` says which step it left.
template <typename Body>
decltype(auto) in_step(std::string_view step, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_context(step);
    throw;
  }
}

/// A failed system call as an Error: "action 'path': strerror". Reads errno unless `error_number`
/// is given.
Error system_error(std::string_view action, const std::filesystem::path& path,
                   int error_number = errno);

/// `text` with every byte that is no printable ASCII and no valid UTF-8 as \xNN, so that a name out
/// of an archive can neither break a terminal nor hide in a message.
std::string printable(std::string_view text);

}  // namespace zkb
