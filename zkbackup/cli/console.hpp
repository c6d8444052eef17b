#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>

#include "zkbackup/base/clock.hpp"
#include "zkbackup/base/reporter.hpp"

namespace zkb {

/// Tells a person what happens, on standard error. Progress, with its rate and the time that is
/// left, only where that is a terminal; members only where they were asked for.
class Console final : public Reporter {
 public:
  struct Options {
    bool members = false;
    bool terminal = false;
  };
  Console(std::ostream& err, const Clock& clock, Options options);
  ~Console() override;
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void step(std::string_view text) override;
  void member(std::string_view name, std::uint64_t bytes) override;
  void warn(std::string_view text) override;
  void progress(std::uint64_t done, std::uint64_t total) override;
  /// Takes the progress line away, so that something else can be written.
  void clear_progress();

 private:
  void line(std::string_view text);

  std::ostream& err_;
  const Clock& clock_;
  Options options_;
  std::chrono::steady_clock::time_point step_began_;
  std::optional<std::chrono::steady_clock::time_point> progress_shown_;
};

/// "1.2 GiB"
std::string bytes_text(std::uint64_t bytes);

}  // namespace zkb
