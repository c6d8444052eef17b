#pragma once

#include <streambuf>

#include "zkbackup/base/interruption.hpp"

namespace zkb {

/// A stream buffer over a descriptor, unbuffered, that never blocks in a write: whether to wait,
/// and for how long, is ready()'s to say.
class DescriptorBuffer : public std::streambuf {
 protected:
  explicit DescriptorBuffer(int descriptor) : descriptor_{descriptor} {}
  int descriptor() const noexcept { return descriptor_; }
  /// Waits until the descriptor takes bytes; false to give up what is left.
  virtual bool ready() = 0;
  /// How many bytes were written.
  std::streamsize write_while_ready(const char* text, std::streamsize count);
  int_type overflow(int_type character) final;

 private:
  int descriptor_;
};

/// For talk, which must never hold up the work: a pager that is not read, a terminal stopped with
/// Ctrl-S or a hanging ssh connection would else keep ZooKeeper down. What cannot be written within
/// a moment is dropped, and so is everything after it until the other side takes bytes again. The
/// stream stays good: talk never changes an outcome.
class TalkBuffer final : public DescriptorBuffer {
 public:
  explicit TalkBuffer(int descriptor) : DescriptorBuffer{descriptor} {}

 protected:
  bool ready() override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;

 private:
  bool stalled_ = false;
};

/// For results: they are written as a whole, however long it takes; after a signal they are still
/// written where that takes no longer than a moment. If they cannot be, the stream turns bad.
class ResultBuffer final : public DescriptorBuffer {
 public:
  ResultBuffer(int descriptor, const Interruption& interruption)
      : DescriptorBuffer{descriptor}, interruption_{interruption} {}

 protected:
  bool ready() override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;

 private:
  const Interruption& interruption_;
};

}  // namespace zkb
