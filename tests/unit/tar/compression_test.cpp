#include "tar/compression.hpp"

#include <doctest/doctest.h>

#include "tests/unit/support/bytes.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

Bytes compressed(Compression compression, const Bytes& bytes) {
  Bytes result;
  const auto compressor = make_compressor(compression, into(result));
  compressor->write(bytes);
  compressor->finish();
  return result;
}

Bytes decompressed(Compression compression, Bytes bytes, std::size_t piece = 7) {
  const auto decompressor = make_decompressor(compression, pieces_of(std::move(bytes), piece));
  Bytes result;
  Bytes chunk(100);
  while (const std::size_t count = decompressor->read(chunk)) {
    into(result)(std::span{chunk}.first(count));
  }
  return result;
}

}  // namespace

TEST_CASE("the compression of a new archive follows from its name") {
  CHECK(compression_for("/x/a.tar.gz") == Compression::Gzip);
  CHECK(compression_for("a.tgz") == Compression::Gzip);
  CHECK(compression_for("a.tar.zst") == Compression::Zstd);
  CHECK(compression_for("a.tar") == Compression::None);
  CHECK(compression_for("backup") == Compression::Gzip);
  CHECK(compression_for("-") == Compression::Gzip);
}

TEST_CASE("what was compressed comes back, in pieces of any size") {
  for (const Compression compression : {Compression::None, Compression::Gzip, Compression::Zstd}) {
    CAPTURE(name_of(compression));
    for (const std::size_t size : {0UL, 1UL, 100'000UL, 3'000'000UL}) {
      CAPTURE(size);
      const Bytes bytes = noise(size);
      CHECK(decompressed(compression, compressed(compression, bytes), 1 + size / 10) == bytes);
    }
  }
}

TEST_CASE("an end at any byte inside a compressed stream is noticed") {
  for (const Compression compression : {Compression::Gzip, Compression::Zstd}) {
    CAPTURE(name_of(compression));
    const Bytes whole =
        compressed(compression, bytes_of("some text that is long enough to be some text"));
    for (std::size_t size = 1; size < whole.size(); ++size) {
      CAPTURE(size);
      const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
      CHECK_THROWS_WITH_AS(decompressed(compression, cut), doctest::Contains("cut short"), Error);
    }
  }
}

TEST_CASE("a checksum that does not agree is noticed") {
  for (const Compression compression : {Compression::Gzip, Compression::Zstd}) {
    CAPTURE(name_of(compression));
    Bytes bytes = compressed(compression, noise(1000));
    bytes.at(bytes.size() / 2) ^=
        std::byte{1};  // stored, as it cannot be compressed: only the checksum tells
    CHECK_THROWS_WITH_AS(decompressed(compression, bytes), doctest::Contains("damaged"), Error);
  }
}

TEST_CASE("streams one after the other are one; other bytes after the end are an error") {
  for (const Compression compression : {Compression::Gzip, Compression::Zstd}) {
    CAPTURE(name_of(compression));
    Bytes both = compressed(compression, bytes_of("one"));
    into(both)(compressed(compression, bytes_of("two")));
    CHECK(text_of(decompressed(compression, both)) == "onetwo");
    into(both)(bytes_of("junk"));
    CHECK_THROWS_AS(decompressed(compression, both), Error);
  }
}

TEST_CASE("compressions that are not read are named") {
  CHECK(compression_of(bytes_of("\x1F\x8B")) == Compression::Gzip);
  CHECK(compression_of(bytes_of("\x28\xB5\x2F\xFD")) == Compression::Zstd);
  CHECK(compression_of(bytes_of("./zookeeper")) == Compression::None);
  CHECK_THROWS_WITH_AS(compression_of(bytes_of("BZh9")), doctest::Contains("bzip2"), Error);
  CHECK_THROWS_WITH_AS(compression_of(bytes_of("\xFD"
                                               "7zXZ")),
                       doctest::Contains("xz"), Error);
}
