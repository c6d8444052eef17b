#include "tar/seal.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace zkb {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kTarBlock = 512;

/// What stands before and after the digest. In tar the digest is in hexadecimal, for a person who
/// looks.
struct Frame {
  std::string_view before;
  std::string_view after;
};

constexpr Frame kGzip{
    // magic, deflate, FEXTRA, no time, no flags, Unix, 36 bytes of extra fields, "ZK" with 32 bytes
    .before = "\x1F\x8B\x08\x04\x00\x00\x00\x00\x00\x03\x24\x00ZK\x20\x00"sv,
    // an empty final block, CRC-32 and length of nothing
    .after = "\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv};
constexpr Frame kZstd{.before =
                          "\x50\x2A\x4D\x18\x2C\x00\x00\x00"  // magic, 44 bytes
                          "dcos-zk seal"sv,
                      .after = ""sv};
constexpr std::string_view kTarBefore = "dcos-zk seal\nSHA-256 of all bytes before this block: ";

void append(std::vector<std::byte>& bytes, std::string_view text) {
  std::ranges::transform(text, std::back_inserter(bytes),
                         [](char c) { return static_cast<std::byte>(c); });
}

std::vector<std::byte> tar_seal(const Sha256Value& digest) {
  std::vector<std::byte> seal;
  append(seal, kTarBefore);
  append(seal, to_hex(digest));
  append(seal, "\n");
  seal.resize(kTarBlock);
  return seal;
}

std::vector<std::byte> framed(const Frame& frame, const Sha256Value& digest) {
  std::vector<std::byte> seal;
  append(seal, frame.before);
  seal.insert(seal.end(), digest.begin(), digest.end());
  append(seal, frame.after);
  return seal;
}

std::optional<unsigned> hex_digit(std::byte byte) {
  const auto c = static_cast<char>(byte);
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  return c >= 'a' && c <= 'f' ? std::optional{static_cast<unsigned>(c - 'a' + 10)} : std::nullopt;
}

std::optional<Sha256Value> from_hex(std::span<const std::byte> hex) {
  Sha256Value value{};
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto high = hex_digit(hex[2 * i]);
    const auto low = hex_digit(hex[2 * i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    value[i] = static_cast<std::byte>(*high * 16U + *low);
  }
  return value;
}

}  // namespace

std::vector<std::byte> make_seal(Compression compression, const Sha256Value& digest) {
  if (compression == Compression::None) {
    return tar_seal(digest);
  }
  return framed(compression == Compression::Gzip ? kGzip : kZstd, digest);
}

std::size_t seal_size(Compression compression) {
  return make_seal(compression, {}).size();
}

std::optional<Sha256Value> read_seal(Compression compression, std::span<const std::byte> ending) {
  if (ending.size() != seal_size(compression)) {
    return std::nullopt;
  }
  std::optional<Sha256Value> digest;
  if (compression == Compression::None) {
    digest = from_hex(ending.subspan(kTarBefore.size(), 2 * Sha256Value{}.size()));
  } else {
    const Frame& frame = compression == Compression::Gzip ? kGzip : kZstd;
    std::ranges::copy(ending.subspan(frame.before.size(), Sha256Value{}.size()),
                      digest.emplace().begin());
  }
  // Whatever else is in it has to be as we write it, to the bit.
  if (!digest || !std::ranges::equal(ending, make_seal(compression, *digest))) {
    return std::nullopt;
  }
  return digest;
}

}  // namespace zkb
