#include "zkbackup/cli/console.hpp"

#include <fmt/format.h>

#include <array>
#include <ostream>

namespace zkb {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kBetweenProgress{200};

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits.at(unit));
}

Console::Console(std::ostream& err, const Clock& clock, Options options)
    : err_{err}, clock_{clock}, options_{options}, step_began_{clock.steady()} {}

Console::~Console() {
  clear_progress();
}

void Console::step(std::string_view text) {
  line(text);
  step_began_ = clock_.steady();
}

void Console::member(std::string_view name, std::uint64_t bytes) {
  if (options_.members) {
    line(fmt::format("  {}  {}", name, bytes_text(bytes)));
  }
}

void Console::warn(std::string_view text) {
  line(fmt::format("warning: {}", text));
}

void Console::progress(std::uint64_t done, std::uint64_t total) {
  const auto now = clock_.steady();
  if (!options_.terminal || total == 0 ||
      (progress_shown_ && now - *progress_shown_ < kBetweenProgress)) {
    return;
  }
  const double seconds = std::chrono::duration<double>(now - step_began_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  const double left = rate > 0 ? static_cast<double>(total - done) / rate : 0;
  err_ << fmt::format("\r\x1b[K{:3.0f} %  {} of {}  {}/s  {:.0f} s left",
                      100.0 * static_cast<double>(done) / static_cast<double>(total),
                      bytes_text(done), bytes_text(total),
                      bytes_text(static_cast<std::uint64_t>(rate)), left)
       << std::flush;
  progress_shown_ = now;
}

void Console::line(std::string_view text) {
  clear_progress();
  err_ << text << '\n' << std::flush;
}

void Console::clear_progress() {
  if (progress_shown_) {
    err_ << "\r\x1b[K";
    progress_shown_.reset();
  }
}

}  // namespace zkb
