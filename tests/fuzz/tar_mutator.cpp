// A fuzzer that knows no tar stops at the first checksum: a changed header's is wrong, and so are
// those of gzip, zstd and the seal. This unpacks the input, changes the tar stream, puts the
// headers' checksums right, and packs it again.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tar/compression.hpp"
#include "tar/digest.hpp"
#include "tar/seal.hpp"
#include "zkbackup/base/error.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace zkb;
using Bytes = std::vector<std::byte>;

constexpr std::size_t kBlock = 512;
constexpr std::size_t kMostPlain = std::size_t{256} * 1024;
constexpr std::ptrdiff_t kChecksum = 148;  // in a header: six octal digits, NUL, blank
constexpr std::ptrdiff_t kMagic = 257;     // "ustar"

struct Packed {
  Compression compression = Compression::None;
  bool sealed = false;
  Bytes plain;
};

Packed unpack(Bytes file) {
  Packed packed{.compression = compression_of(file)};
  const std::size_t seal = seal_size(packed.compression);
  if (file.size() >= seal) {
    packed.sealed = read_seal(packed.compression, std::span{file}.last(seal)).has_value();
    file.resize(file.size() - (packed.sealed ? seal : 0));
  }
  std::span<const std::byte> left{file};
  const auto decompressor = make_decompressor(packed.compression, [&](std::span<std::byte> out) {
    const std::size_t count = std::min(out.size(), left.size());
    std::ranges::copy(left.first(count), out.begin());
    left = left.subspan(count);
    return count;
  });
  Bytes chunk(kBlock);
  while (const std::size_t count = decompressor->read(chunk)) {
    packed.plain.insert(packed.plain.end(), chunk.begin(),
                        chunk.begin() + static_cast<std::ptrdiff_t>(count));
    if (packed.plain.size() > kMostPlain) {
      throw Error{Kind::Failed, "too large"};
    }
  }
  return packed;
}

Bytes pack(const Packed& packed) {
  Bytes file;
  const auto compressor =
      make_compressor(packed.compression, [&](std::span<const std::byte> bytes) {
        file.insert(file.end(), bytes.begin(), bytes.end());
      });
  compressor->write(packed.plain);
  compressor->finish();
  if (packed.sealed) {
    Sha256 digest;
    digest.update(file);
    std::ranges::copy(make_seal(packed.compression, digest.finish()), std::back_inserter(file));
  }
  return file;
}

void put_checksum_right(std::span<std::byte> header) {
  constexpr std::string_view kBlanks = "        ";
  const auto field = header.begin() + kChecksum;
  const auto put = [&](std::string_view text) {
    std::ranges::transform(text, field, [](char c) { return static_cast<std::byte>(c); });
  };
  put(kBlanks);
  unsigned sum = 0;
  for (const std::byte byte : header) {
    sum += std::to_integer<unsigned>(byte);
  }
  std::string digits(6, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, sum /= 8) {
    *digit = static_cast<char>('0' + static_cast<char>(sum % 8));
  }
  put(digits + '\0' + ' ');
}

void put_checksums_right(Bytes& tar) {
  constexpr std::string_view kUstar = "ustar";
  for (std::size_t at = 0; at + kBlock <= tar.size(); at += kBlock) {
    const std::span<std::byte> block = std::span{tar}.subspan(at, kBlock);
    const bool header =
        std::equal(kUstar.begin(), kUstar.end(), block.begin() + kMagic,
                   [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
    if (header) {
      put_checksum_right(block);
    }
  }
}

void mutate(Bytes& bytes, std::size_t most) {
  const std::size_t size = bytes.size();
  bytes.resize(most);
  bytes.resize(
      LLVMFuzzerMutate(static_cast<std::uint8_t*>(static_cast<void*>(bytes.data())), size, most));
}

/// libFuzzer knows nothing of blocks: what it inserts shifts all that follows. Every other time
/// whole blocks are moved, doubled or dropped, or one block is changed in place.
void mutate_tar(Bytes& tar, std::minstd_rand& random) {
  const std::size_t blocks = tar.size() / kBlock;
  if (blocks == 0 || random() % 4 == 0) {
    mutate(tar, std::max(tar.size() + kBlock, kBlock));
    return;
  }
  const auto at = tar.begin() + static_cast<std::ptrdiff_t>(random() % blocks * kBlock);
  Bytes block(at, at + kBlock);
  const auto action = random() % 8;
  if (action == 0) {
    tar.erase(at, at + kBlock);
  } else if (action == 1 && tar.size() < kMostPlain) {
    tar.insert(tar.begin() + static_cast<std::ptrdiff_t>(random() % blocks * kBlock), block.begin(),
               block.end());
  } else {
    mutate(block, kBlock);
    block.resize(kBlock);
    std::ranges::copy(block, at);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  std::minstd_rand random{seed};
  if (random() % 4 != 0) {  // else: as it is, damage to gzip, zstd and seal included
    try {
      const std::span<const std::byte> file = std::as_bytes(std::span{data, size});
      Packed packed = unpack({file.begin(), file.end()});
      mutate_tar(packed.plain, random);
      if (random() % 8 != 0) {
        put_checksums_right(packed.plain);
      }
      if (random() % 64 == 0) {
        packed.compression = static_cast<Compression>(random() % 3);
      }
      if (const Bytes changed = pack(packed); changed.size() <= most) {
        std::ranges::copy(changed, static_cast<std::byte*>(static_cast<void*>(data)));
        return changed.size();
      }
    } catch (const std::exception&) {  // no archive: changed as any other bytes
      return LLVMFuzzerMutate(data, size, most);
    }
  }
  return LLVMFuzzerMutate(data, size, most);
}
