#include "tar/seal.hpp"

#include <doctest/doctest.h>

#include "tests/unit/support/bytes.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

Sha256Value digest_of(const Bytes& bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

}  // namespace

TEST_CASE("SHA-256 is SHA-256") {
  CHECK(
      to_hex(digest_of(bytes_of("abc"))) ==
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4's example
}

TEST_CASE("a seal gives its digest back, and with any bit changed it is another or none") {
  const Sha256Value digest = digest_of(bytes_of("x"));
  for (const Compression compression : {Compression::None, Compression::Gzip, Compression::Zstd}) {
    CAPTURE(name_of(compression));
    const Bytes seal = make_seal(compression, digest);
    CHECK(seal.size() == seal_size(compression));
    CHECK(read_seal(compression, seal) == digest);
    for (std::size_t bit = 0; bit < seal.size() * 8; ++bit) {
      Bytes changed = seal;
      changed.at(bit / 8) ^= std::byte{1} << (bit % 8);
      CHECK(read_seal(compression, changed) != digest);
    }
  }
}
