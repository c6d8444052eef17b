#pragma once

#include <chrono>
#include <streambuf>

#include "zkbackup/base/interruption.hpp"

namespace zkb {

/// A stream buffer for talk, which must never hold up the work: a pager that is not read, a
/// terminal stopped with Ctrl-S or a hanging ssh connection would else keep ZooKeeper down. What
/// cannot be written within a moment is dropped, and so is everything after it until the other side
/// takes bytes again.
class TalkBuffer final : public std::streambuf {
 public:
  explicit TalkBuffer(int descriptor) : descriptor_{descriptor} {}

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;

 private:
  bool ready();

  int descriptor_;
  bool stalled_ = false;
};

/// A stream buffer for results: they are written as a whole, however long it takes; after a signal
/// they are still written where that takes no longer than a moment.
class ResultBuffer final : public std::streambuf {
 public:
  ResultBuffer(int descriptor, const Interruption& interruption)
      : descriptor_{descriptor}, interruption_{interruption} {}

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;

 private:
  bool ready();

  int descriptor_;
  const Interruption& interruption_;
};

}  // namespace zkb
